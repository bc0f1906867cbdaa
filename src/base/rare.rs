//! Parts that few of their owners need.

/// A part that takes no more than a pointer until it is needed.
#[derive(Clone, Debug)]
pub struct Rare<T>(Option<Box<T>>);

impl<T> Default for Rare<T> {
    fn default() -> Rare<T> {
        Rare(None)
    }
}

impl<T: Default> Rare<T> {
    /// The part, if it was ever needed.
    #[inline]
    pub fn get(&self) -> Option<&T> {
        self.0.as_deref()
    }

    /// The part, for changing.
    #[inline]
    pub fn make(&mut self) -> &mut T {
        self.0.get_or_insert_default()
    }

    /// It is as at the beginning.
    pub fn clear(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use super::Rare;

    #[test]
    fn it_is_there_when_it_is_needed() {
        let mut rare: Rare<Vec<u8>> = Rare::default();
        assert!(rare.get().is_none() && size_of_val(&rare) == size_of::<usize>());
        rare.make().push(1);
        assert_eq!(rare.get(), Some(&vec![1]));
        rare.clear();
        assert_eq!(rare.get(), None);
    }
}
