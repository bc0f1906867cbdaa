//! Places on the earth as scores of a sorted set, and what is near one.
//!
//! A score is a geohash of 52 bits: the longitude and the latitude as numbers of 26 bits, interleaved. So the places in a cell of a
//! grid, whose sides are halved from level to level, are those whose scores begin alike: a range.
//!
//! ```text
//!     bit     51  50  49  48  ...   1   0          level 1: four cells, by the first two bits
//!            lon lat lon lat  ... lon lat          level n: 4^n cells of 360/2^n by 170.1/2^n degrees
//! ```
//!
//! **A search** takes the finest level at which the cell of its centre and the eight around it hold the whole area, and looks at the
//! elements in each range of scores:
//!
//! ```text
//!     north-west | north  | north-east        first the middle, then north, south, east, west and the corners;
//!     west       | middle | east              cells outside of the area's bounds are left out
//!     south-west | south  | south-east
//! ```
//!
//! The earth is a sphere here, and latitudes end where the Mercator map is as high as wide. A place at 180 degrees east, or at the upper
//! end of the map, has a number just beyond its 26 bits, as in Redis: only a search from there finds it, by a range of its own.
//!
//! It knows neither sorted sets nor units: lengths are metres, angles degrees.

/// The highest latitude; minus it is the lowest.
pub const LATITUDE_MAX: f64 = 85.051_128_78;

/// The highest longitude; minus it is the lowest.
pub const LONGITUDE_MAX: f64 = 180.0;

/// The radius of the earth.
const EARTH: f64 = 6_372_797.560_856;

/// Half the side of the Mercator map, measured on the equator of a larger earth: what levels are chosen by in Redis.
const MAP: f64 = 20_037_726.37;

/// Bits of a longitude or a latitude.
const BITS: u32 = 26;

/// A place.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Point {
    /// Degrees east.
    pub longitude: f64,
    /// Degrees north.
    pub latitude: f64,
}

/// Spreads the bits of a number to the even places.
fn spread(n: u32) -> u64 {
    let mut bits = u64::from(n);
    for (shift, mask) in [
        (16, 0x0000_ffff_0000_ffff),
        (8, 0x00ff_00ff_00ff_00ff),
        (4, 0x0f0f_0f0f_0f0f_0f0f),
        (2, 0x3333_3333_3333_3333),
        (1, 0x5555_5555_5555_5555),
    ] {
        bits = (bits | bits << shift) & mask;
    }
    bits
}

/// Gathers the bits at the even places.
fn gather(bits: u64) -> u32 {
    let mut n = bits & 0x5555_5555_5555_5555;
    for (shift, mask) in [
        (1, 0x3333_3333_3333_3333),
        (2, 0x0f0f_0f0f_0f0f_0f0f),
        (4, 0x00ff_00ff_00ff_00ff),
        (8, 0x0000_ffff_0000_ffff),
        (16, 0x0000_0000_ffff_ffff),
    ] {
        n = (n | n >> shift) & mask;
    }
    n as u32 // thirty-two places are left
}

/// Column and row, interleaved.
fn interleave(column: u32, row: u32) -> u64 {
    spread(column) << 1 | spread(row)
}

/// The number of the part in which `value` lies, if the degrees from `-max` to `max` are cut into 2^`bits` parts; 2^`bits` at `max`.
fn part(value: f64, max: f64, bits: u32) -> u32 {
    ((value + max) / (2.0 * max) * f64::from(1_u32 << bits)) as u32 // from 0 to 2^26
}

/// Where the parts begin: the way back.
fn begin_of(part: f64, max: f64, bits: u32) -> f64 {
    -max + part / f64::from(1_u32 << bits) * (2.0 * max)
}

impl Point {
    /// Whether the map has it.
    pub fn is_valid(self) -> bool {
        self.longitude.abs() <= LONGITUDE_MAX && self.latitude.abs() <= LATITUDE_MAX
    }

    /// The geohash of a place on the map.
    pub fn hash(self) -> u64 {
        interleave(part(self.longitude, LONGITUDE_MAX, BITS), part(self.latitude, LATITUDE_MAX, BITS))
    }

    /// The middle of the smallest cell with a hash.
    pub fn of_hash(hash: u64) -> Point {
        let middle = |part: u32, max: f64| {
            let (low, high) = (begin_of(part.into(), max, BITS), begin_of(f64::from(part) + 1.0, max, BITS));
            f64::midpoint(low, high).clamp(-max, max)
        };
        Point { longitude: middle(gather(hash >> 1), LONGITUDE_MAX), latitude: middle(gather(hash), LATITUDE_MAX) }
    }

    /// The place that a score stands for, whatever it is.
    pub fn of_score(score: f64) -> Point {
        Point::of_hash(hash_of_score(score))
    }

    /// The geohash as everybody else writes it: eleven characters, of a grid from pole to pole. The last one, for which bits are
    /// missing, is `0`.
    pub fn text(self) -> [u8; 11] {
        const ALPHABET: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";
        let hash = interleave(part(self.longitude, LONGITUDE_MAX, BITS), part(self.latitude, 90.0, BITS));
        let mut text = [b'0'; 11];
        for (i, letter) in text.iter_mut().take(10).enumerate() {
            *letter = ALPHABET[(hash >> (52 - 5 * (i + 1)) & 31) as usize];
        }
        text
    }

    /// Metres to another place, by the haversine formula.
    pub fn distance(self, other: Point) -> f64 {
        let (a, b) = (self.latitude.to_radians(), other.latitude.to_radians());
        let along = ((other.longitude.to_radians() - self.longitude.to_radians()) / 2.0).sin();
        if along == 0.0 {
            return self.distance_north(other);
        }
        let up = ((b - a) / 2.0).sin();
        2.0 * EARTH * (up * up + a.cos() * b.cos() * along * along).sqrt().asin()
    }

    /// Metres to another latitude.
    fn distance_north(self, other: Point) -> f64 {
        EARTH * (other.latitude.to_radians() - self.latitude.to_radians()).abs()
    }
}

/// The hash in a score: its integer, modulo 2^64 if it is negative, zero if it is too large.
pub fn hash_of_score(score: f64) -> u64 {
    const END: f64 = 18_446_744_073_709_551_616.0; // 2^64
    if score < 0.0 {
        (score as i64).cast_unsigned()
    } else if score < END {
        score as u64
    } else {
        0
    }
}

/// What a search looks for.
#[derive(Clone, PartialEq, Debug)]
pub enum Area {
    /// What is not further away than a radius.
    Circle {
        /// The middle.
        centre: Point,
        /// Metres.
        radius: f64,
    },
    /// What is neither too far east or west nor too far north or south.
    Rectangle {
        /// The middle.
        centre: Point,
        /// Metres along the circle of latitude of what is found.
        width: f64,
        /// Metres.
        height: f64,
    },
    /// What is inside of straight lines on the map, which are drawn from each corner to the next and from the last to the first.
    Polygon(Vec<Point>),
}

/// What an area lies in.
struct Bounds {
    centre: Point,
    /// Degrees north.
    south: f64,
    north: f64,
    /// Degrees to either side of the centre, or 180: all around.
    side: f64,
    /// About how many metres from the centre to the rim.
    radius: f64,
}

/// Scores from the first to, but without, the second.
pub type Scores = std::ops::Range<f64>;

impl Area {
    /// From where distances are measured: the centre, or where the mean of the corners, as points in space, is below.
    pub fn centre(&self) -> Point {
        match self {
            Area::Circle { centre, .. } | Area::Rectangle { centre, .. } => *centre,
            Area::Polygon(corners) => {
                // Towards 0 east, towards 90 east, and along the axis. The direction counts, so the sum does for the mean.
                let (mut x, mut y, mut z) = (0.0, 0.0, 0.0);
                for corner in corners {
                    let (longitude, latitude) = (corner.longitude.to_radians(), corner.latitude.to_radians());
                    x += latitude.cos() * longitude.cos();
                    y += latitude.cos() * longitude.sin();
                    z += latitude.sin();
                }
                Point { longitude: y.atan2(x).to_degrees(), latitude: z.atan2(x.hypot(y)).to_degrees() }
            }
        }
    }

    /// The distance of a place from `centre`, which is [`Area::centre`], if it lies in the area.
    pub fn distance_inside(&self, centre: Point, place: Point) -> Option<f64> {
        match self {
            Area::Circle { radius, .. } => Some(centre.distance(place)).filter(|distance| distance <= radius),
            Area::Rectangle { width, height, .. } => {
                if centre.distance_north(place) > height / 2.0 {
                    return None;
                }
                let beside = Point { latitude: place.latitude, ..centre };
                (beside.distance(place) <= width / 2.0).then(|| centre.distance(place))
            }
            Area::Polygon(corners) => is_inside(corners, place).then(|| centre.distance(place)),
        }
    }

    fn bounds(&self) -> Bounds {
        // Against the rounding of what follows.
        let slack = |degrees: f64| degrees * (1.0 + 1e-9) + 1e-9;
        let around = |centre: Point, width: f64, height: f64, side: &dyn Fn(f64, f64) -> f64| {
            let up = slack((height / 2.0 / EARTH).to_degrees());
            // Meridians are closest on the side of the pole; behind it everything is near.
            let edge = centre.latitude.abs() + up;
            let side =
                if edge < 90.0 { side(width / 2.0 / EARTH, edge.to_radians().cos()) } else { std::f64::consts::PI };
            let side = slack(side.to_degrees()).min(180.0);
            let radius = (width / 2.0).hypot(height / 2.0);
            Bounds { centre, south: centre.latitude - up, north: centre.latitude + up, side, radius }
        };
        match *self {
            Area::Circle { centre, radius } => {
                Bounds { radius, ..around(centre, 2.0 * radius, 2.0 * radius, &|half, cosine| half / cosine) }
            }
            // The width is that of a great circle, which is a short cut.
            Area::Rectangle { centre, width, height } => around(centre, width, height, &|half, cosine| {
                let sine = (half / 2.0).min(std::f64::consts::FRAC_PI_2).sin() / cosine;
                2.0 * sine.min(1.0).asin()
            }),
            Area::Polygon(ref corners) => {
                let (mut west, mut east, mut south, mut north) = (180.0_f64, -180.0_f64, 90.0_f64, -90.0_f64);
                for corner in corners {
                    (west, east) = (west.min(corner.longitude), east.max(corner.longitude));
                    (south, north) = (south.min(corner.latitude), north.max(corner.latitude));
                }
                let centre = Point { longitude: f64::midpoint(west, east), latitude: f64::midpoint(south, north) };
                let widest = if south * north < 0.0 { 0.0 } else { south.abs().min(north.abs()) };
                let width =
                    Point { longitude: west, latitude: widest }.distance(Point { longitude: east, latitude: widest });
                Bounds {
                    centre,
                    south,
                    north,
                    side: slack((east - west) / 2.0),
                    radius: (width / 2.0).hypot((north - south).to_radians() * EARTH / 2.0),
                }
            }
        }
    }

    /// The scores among which everything in the area is: ranges that do not overlap, at most ten.
    pub fn scores(&self) -> Vec<Scores> {
        self.bounds().scores()
    }
}

/// Whether a ray from a place to the east crosses the sides an odd number of times (Shimrat 1962).
fn is_inside(corners: &[Point], place: Point) -> bool {
    let mut is_inside = false;
    let Some(mut from) = corners.last() else { return false };
    for to in corners {
        if (from.latitude > place.latitude) != (to.latitude > place.latitude) {
            let share = (place.latitude - from.latitude) / (to.latitude - from.latitude);
            is_inside ^= place.longitude < from.longitude + share * (to.longitude - from.longitude);
        }
        from = to;
    }
    is_inside
}

impl Bounds {
    /// The finest level at which a cell is wider than the area, as long as nine of them hold it; cells shrink towards the poles.
    fn level(&self) -> u32 {
        let fits = |level: &i32| self.radius * 2.0_f64.powi(*level) < MAP;
        let towards_pole = match self.centre.latitude.abs() {
            80.000_000_000_000_01.. => 2,
            66.000_000_000_000_01.. => 1,
            _ => 0,
        };
        let level = (0..64).rev().find(fits).unwrap_or(0) - towards_pole;
        let mut level = level.clamp(1, BITS as i32).cast_unsigned();
        // In Redis a cell at the rim of the map has its neighbours at the other side: then, too, one level less. Nothing is missed
        // without, but elements come in another order.
        let (column, row) = self.middle(level);
        let is_at_rim = [column, row].iter().any(|&n| n == 0 || n + 1 == 1 << level);
        if level > 1 && (is_at_rim || !self.is_held_at(level, false)) {
            level -= 1;
        }
        while level > 1 && !self.is_held_at(level, true) {
            level -= 1;
        }
        level
    }

    /// The column and the row of the centre's cell.
    fn middle(&self, level: u32) -> (u32, u32) {
        let last = (1 << level) - 1;
        let column = part(self.centre.longitude, LONGITUDE_MAX, level).min(last);
        (column, part(self.centre.latitude, LATITUDE_MAX, level).min(last))
    }

    /// Whether the nine cells around the centre hold everything, or everything that is on the map.
    fn is_held_at(&self, level: u32, is_on_map: bool) -> bool {
        let (column, row) = self.middle(level);
        let (column, row, last) = (f64::from(column), f64::from(row), f64::from((1 << level) - 1));
        let west = begin_of(column - 1.0, LONGITUDE_MAX, level);
        let east = begin_of(column + 2.0, LONGITUDE_MAX, level);
        let is_held_south = (is_on_map && row <= 1.0) || begin_of(row - 1.0, LATITUDE_MAX, level) <= self.south;
        let is_held_north = (is_on_map && row + 1.0 >= last) || begin_of(row + 2.0, LATITUDE_MAX, level) >= self.north;
        let (from, to) = (self.centre.longitude - self.side, self.centre.longitude + self.side);
        west <= from && to <= east && is_held_south && is_held_north
    }

    fn scores(&self) -> Vec<Scores> {
        const AROUND: [(i32, i32); 9] = [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1)];
        let level = self.level();
        let (column, row) = self.middle(level);
        let (cells, shift) = (1_i32 << level, 2 * (BITS - level));
        let mut found: Vec<Scores> = Vec::with_capacity(10);
        let mut add = |column: u32, row: u32| {
            let hash = interleave(column, row);
            // 53 bits at most: exact.
            let scores = (hash << shift) as f64..((hash + 1) << shift) as f64;
            // Where there are two columns, the same one is east and west.
            if !found.contains(&scores) {
                found.push(scores);
            }
        };
        let outer =
            (part(self.centre.longitude, LONGITUDE_MAX, level), part(self.centre.latitude, LATITUDE_MAX, level));
        if outer != (column, row) {
            add(outer.0, outer.1);
        }
        for (east, north) in AROUND {
            let (x, y) = (column.cast_signed() + east, row.cast_signed() + north);
            if (0..cells).contains(&y) && self.touches(f64::from(x), f64::from(y), level) {
                // The map is round from west to east.
                add(x.rem_euclid(cells).cast_unsigned(), y.cast_unsigned());
            }
        }
        found
    }

    /// Whether a cell may hold something of the area; its column is counted on beyond the edges of the map.
    fn touches(&self, column: f64, row: f64, level: u32) -> bool {
        // Of the two columns of level 1 each is on both sides.
        level == 1
            || (begin_of(column, LONGITUDE_MAX, level) <= self.centre.longitude + self.side
                && begin_of(column + 1.0, LONGITUDE_MAX, level) >= self.centre.longitude - self.side
                && begin_of(row, LATITUDE_MAX, level) <= self.north
                && begin_of(row + 1.0, LATITUDE_MAX, level) >= self.south)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::dice::Dice;

    /// A number from `from` to `to`.
    fn between(dice: &mut Dice, from: f64, to: f64) -> f64 {
        from + (to - from) * (dice.below(1 << 40) as f64 / (1_u64 << 40) as f64)
    }

    /// A place; some are at the edges, and some near others.
    fn place(dice: &mut Dice) -> Point {
        let longitude = match dice.below(8) {
            0 => between(dice, 179.9, 180.0) * if dice.below(2) == 0 { 1.0 } else { -1.0 },
            1 => between(dice, -0.1, 0.1),
            _ => between(dice, -180.0, 180.0),
        };
        let latitude = match dice.below(8) {
            0 => between(dice, 84.5, LATITUDE_MAX) * if dice.below(2) == 0 { 1.0 } else { -1.0 },
            1 => between(dice, -0.1, 0.1),
            _ => between(dice, -LATITUDE_MAX, LATITUDE_MAX),
        };
        Point { longitude, latitude }
    }

    fn area(dice: &mut Dice) -> Area {
        let metres = |dice: &mut Dice| 10.0_f64.powf(between(dice, 0.0, 7.4));
        match dice.below(3) {
            0 => Area::Circle { centre: place(dice), radius: metres(dice) },
            1 => Area::Rectangle { centre: place(dice), width: metres(dice), height: metres(dice) },
            _ => Area::Polygon((0..3 + dice.below(4)).map(|_| place(dice)).collect()),
        }
    }

    /// Around an area, where its rim is likely to be.
    fn near(dice: &mut Dice, area: &Area) -> Point {
        let bounds = area.bounds();
        let side = bounds.side * 1.1 + 1e-5;
        let longitude = bounds.centre.longitude + between(dice, -side, side);
        let longitude = longitude - 360.0 * ((longitude + 180.0) / 360.0).floor();
        let up = (bounds.north - bounds.south) * 0.05 + 1e-5;
        let latitude = between(dice, bounds.south - up, bounds.north + up).clamp(-LATITUDE_MAX, LATITUDE_MAX);
        Point { longitude, latitude }
    }

    #[test]
    fn a_search_looks_where_everything_in_its_area_is() {
        for seed in 0..4000 {
            let mut dice = Dice(seed);
            let area = area(&mut dice);
            let (centre, scores) = (area.centre(), area.scores());
            assert!(scores.len() <= 10, "seed {seed}: {scores:?}");
            for (i, range) in scores.iter().enumerate() {
                let overlaps = |other: &Scores| range.start < other.end && other.start < range.end;
                assert!(!scores[..i].iter().any(overlaps), "seed {seed}: {scores:?} overlap");
            }
            for i in 0..100 {
                let place = if i % 2 == 0 { near(&mut dice, &area) } else { place(&mut dice) };
                if place.longitude >= LONGITUDE_MAX || place.latitude >= LATITUDE_MAX {
                    continue; // beyond the cells
                }
                let score = place.hash() as f64;
                let is_inside = area.distance_inside(centre, Point::of_score(score)).is_some();
                let is_seen = scores.iter().any(|range| range.contains(&score));
                assert!(is_seen || !is_inside, "seed {seed}: {place:?} is in {area:?}, not in {scores:?}");
            }
        }
    }

    #[test]
    fn a_small_area_has_small_cells() {
        for seed in 0..1000 {
            let mut dice = Dice(seed);
            let centre = Point { latitude: between(&mut dice, -60.0, 60.0), ..place(&mut dice) };
            let radius = 10.0_f64.powf(between(&mut dice, 1.0, 5.0));
            let seen: f64 = Area::Circle { centre, radius }.scores().iter().map(|range| range.end - range.start).sum();
            // Of the whole map, as its middle has it; away from there cells are smaller, so more of them are seen.
            let share = (16.0 * radius / (2.0 * MAP)).powi(2) * 2.0;
            assert!(seen / 2.0_f64.powi(52) < share, "seed {seed}: {centre:?} {radius}: {seen}");
        }
    }

    #[test]
    fn a_hash_is_the_cell_of_its_place() {
        for seed in 0..2000 {
            let mut dice = Dice(seed);
            let place = place(&mut dice);
            let found = Point::of_hash(place.hash());
            assert!((found.longitude - place.longitude).abs() <= 360.0 / 2.0_f64.powi(27) * 1.000_001, "seed {seed}");
            assert!((found.latitude - place.latitude).abs() <= 170.2 / 2.0_f64.powi(27) * 1.000_001, "seed {seed}");
            assert_eq!(found.hash(), place.hash(), "seed {seed}");
            let bits = dice.next() as u32;
            assert_eq!(gather(spread(bits)), bits, "seed {seed}");
        }
    }

    #[test]
    fn places_have_the_hashes_that_the_world_knows() {
        let palermo = Point { longitude: 13.361_389, latitude: 38.115_556 };
        assert_eq!(palermo.hash(), 3_479_099_956_230_698);
        assert_eq!(&Point::of_hash(palermo.hash()).text(), b"sqc8b49rny0");
        let catania = Point::of_hash(3_479_447_370_796_909);
        assert_eq!(format!("{:.4}", catania.distance(Point::of_hash(palermo.hash()))), "166274.1516");
    }

    #[test]
    fn scores_that_are_no_hashes_have_a_place_all_the_same() {
        assert_eq!(hash_of_score(1.5), 1);
        assert_eq!(hash_of_score(-5.0), u64::MAX - 4);
        assert_eq!(hash_of_score(1e300), 0);
        assert_eq!(hash_of_score(f64::INFINITY), 0);
        assert_eq!(hash_of_score(f64::NEG_INFINITY), 1 << 63);
        assert_eq!(Point::of_score(-5.0), Point { longitude: LONGITUDE_MAX, latitude: LATITUDE_MAX });
    }

    #[test]
    fn a_polygon_has_an_inside() {
        let at = |longitude: f64, latitude: f64| Point { longitude, latitude };
        // A bay from the north.
        let corners = [at(0.0, 0.0), at(4.0, 0.0), at(4.0, 4.0), at(2.0, 1.0), at(0.0, 4.0)];
        for (place, expected) in [
            (at(1.0, 1.0), true),
            (at(3.0, 1.0), true),
            (at(2.0, 0.5), true),
            (at(2.0, 2.0), false),
            (at(-1.0, 1.0), false),
            (at(5.0, 1.0), false),
            (at(0.2, 3.0), true),
        ] {
            assert_eq!(is_inside(&corners, place), expected, "{place:?}");
        }
        assert!(!is_inside(&[], at(0.0, 0.0)));
    }
}
