//! x
use redoxide::base::dice::Dice;
use redoxide::store::sorted_set::SortedSet;
use redoxide::store::table::Hasher;
fn element(n: usize) -> [u8; 12] {
    let mut text = *b"element00000";
    let (mut rest, mut at) = (n, 11);
    while rest > 0 { text[at] = b'0' + (rest % 10) as u8; rest /= 10; at -= 1; }
    text
}
fn main() {
    let mut dice = Dice(1);
    let mut set = SortedSet::new(Hasher::new([1, 2]));
    for n in 0..1_000_000 { set.insert(&element(n), dice.below(1 << 50) as f64); }
    let start = std::time::Instant::now();
    let mut x = 0.0;
    for _ in 0..5_000_000 { x += set.score(&element(dice.below(1_000_000) as usize)).unwrap(); }
    println!("{} ns {x}", start.elapsed().as_nanos() / 5_000_000);
}
