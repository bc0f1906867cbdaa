//! The commands on places, which are the scores of sorted sets: see [`crate::store::geo`].

use crate::base::buffer::Text;
use crate::base::number::{parse_f64, parse_i64};
use crate::commands::sorted_set::{Adding, add_members};
use crate::keyspace::changes::Event;
use crate::resp::{Args, Reply};
use crate::server::command::Flag::{DenyOom, MovableKeys, ReadOnly, Write};
use crate::server::command::KeyFlag::{Access, Overwrite as Ow, ReadOnly as Ro, ReadWrite as Rw, Update};
use crate::server::command::{Command, KeySpec, Options};
use crate::server::{Ctx, Done, Error, Flow};
use crate::store::collection::sorted_set::{Scores, SortedSet, SortedSetView};
use crate::store::geo::{self, Area, Point, hash_of_score};
use std::ops::Bound;

/// The rows, by name.
pub static COMMANDS: &[Command] = &[
    Command::new("geoadd", geoadd)
        .arity(-5)
        .flags(&[Write, DenyOom])
        .keys(&[KeySpec::at(1, &[Rw, Update])])
        .syntax("key [<condition: NX | XX>]@6.2.0 [change:'CH']@6.2.0 (data: longitude latitude member) ...")
        .docs("Adds places to a sorted set, or moves them.")
        .complexity("O(log N) for each place, where N is the number of members")
        .since("3.2.0")
        .history(&[("6.2.0", "`CH`, `NX` and `XX` came.")]),
    Command::new("geodist", geodist)
        .arity(-4)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key member1 member2 [<unit: M | KM | FT | MI>]")
        .docs("Gives the distance between two places.")
        .complexity("O(log N) where N is the number of members")
        .since("3.2.0"),
    Command::new("geohash", geohash)
        .arity(-2)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key [member ...]")
        .docs("Gives places as geohash texts.")
        .complexity("O(log N) for each place, where N is the number of members")
        .since("3.2.0"),
    Command::new("geopos", geopos)
        .arity(-2)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key [member ...]")
        .docs("Gives the longitudes and latitudes of places.")
        .complexity("O(log N) for each place, where N is the number of members")
        .since("3.2.0"),
    Command::new("georadius", georadius)
        .arity(-6)
        .flags(&[Write, DenyOom, MovableKeys])
        .keys(&[
            KeySpec::at(1, &[Ro, Access]),
            KeySpec::after("STORE", 6, 0, 0, &[Ow, Update]),
            KeySpec::after("STOREDIST", 6, 0, 0, &[Ow, Update]),
        ])
        .syntax("key longitude latitude radius <unit: M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [(count-block: COUNT count [ANY]@6.2.0)] [<order: ASC | DESC>] [<store: STORE storekey=key | STOREDIST storedistkey=key>]")
        .docs("Gives or stores the places within a radius of a point.")
        .complexity(SEARCH)
        .since("3.2.0")
        .history(&[("6.2.0", "`ANY` came."), UPPER])
        .deprecated("6.2.0", "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument"),
    Command::new("georadius_ro", georadius_ro)
        .arity(-6)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key longitude latitude radius <unit: M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [(count-block: COUNT count [ANY]@6.2.0)] [<order: ASC | DESC>]")
        .docs("Gives the places within a radius of a point.")
        .complexity(SEARCH)
        .since("3.2.10")
        .history(&[("6.2.0", "`ANY` came."), UPPER])
        .deprecated("6.2.0", "`GEOSEARCH` with the `BYRADIUS` argument"),
    Command::new("georadiusbymember", georadiusbymember)
        .arity(-5)
        .flags(&[Write, DenyOom, MovableKeys])
        .keys(&[
            KeySpec::at(1, &[Ro, Access]),
            KeySpec::after("STORE", 5, 0, 0, &[Ow, Update]),
            KeySpec::after("STOREDIST", 5, 0, 0, &[Ow, Update]),
        ])
        .syntax("key member radius <unit: M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [(count-block: COUNT count [ANY])] [<order: ASC | DESC>] [<store: STORE storekey=key | STOREDIST storedistkey=key>]")
        .docs("Gives or stores the places within a radius of a member.")
        .complexity(SEARCH)
        .since("3.2.0")
        .history(&[("6.2.0", "`ANY` came."), UPPER])
        .deprecated("6.2.0", "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments"),
    Command::new("georadiusbymember_ro", georadiusbymember_ro)
        .arity(-5)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key member radius <unit: M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [(count-block: COUNT count [ANY])] [<order: ASC | DESC>]")
        .docs("Gives the places within a radius of a member.")
        .complexity(SEARCH)
        .since("3.2.10")
        .history(&[("6.2.0", "`ANY` came."), UPPER])
        .deprecated("6.2.0", "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments"),
    Command::new("geosearch", geosearch)
        .arity(-7)
        .flags(&[ReadOnly])
        .keys(&[KeySpec::at(1, &[Ro, Access])])
        .syntax("key <from: FROMMEMBER member | FROMLONLAT (fromlonlat: longitude latitude)> <by: (circle: BYRADIUS radius <unit: M | KM | FT | MI>) | (box: BYBOX width height <unit: M | KM | FT | MI>) | (polygon: BYPOLYGON num-vertices:int (vertices: longitude latitude) ...)> [<order: ASC | DESC>] [(count-block: COUNT count [ANY])] [WITHCOORD] [WITHDIST] [WITHHASH]")
        .docs("Gives the places in a circle, a box or, then without an origin, a polygon.")
        .complexity(SEARCH)
        .since("6.2.0")
        .history(&[UPPER]),
    Command::new("geosearchstore", geosearchstore)
        .arity(-8)
        .flags(&[Write, DenyOom])
        .keys(&[KeySpec::at(1, &[Ow, Update]), KeySpec::at(2, &[Ro, Access])])
        .syntax("destination source <from: FROMMEMBER member | FROMLONLAT (fromlonlat: longitude latitude)> <by: (circle: BYRADIUS radius <unit: M | KM | FT | MI>) | (box: BYBOX width height <unit: M | KM | FT | MI>) | (polygon: BYPOLYGON num-vertices:int (vertices: longitude latitude) ...)> [<order: ASC | DESC>] [(count-block: COUNT count [ANY])] [STOREDIST]")
        .docs("Stores the places in a circle, a box or, then without an origin, a polygon.")
        .complexity(SEARCH)
        .since("6.2.0")
        .history(&[UPPER]),
];

const SEARCH: &str =
    "O(log N + M) where N is the number of members and M that of those in up to ten cells of a grid around the area";
const UPPER: (&str, &str) = ("7.0.0", "Units may be in upper case.");

const GEOSEARCHSTORE: Event = Event::new("geosearchstore", b'z');
const GEORADIUSSTORE: Event = Event::new("georadiusstore", b'z');

/// So many elements are looked at in one walk if a search may have enough of them before the end.
const SLICE: usize = 256;

// ---- Arguments ------------------------------------------------------------------------------------------------------

/// Two arguments as a place.
fn point(longitude: &[u8], latitude: &[u8]) -> Result<Point, Error> {
    let longitude = parse_f64(longitude).ok_or(Error::NotFloat)?;
    let point = Point { longitude, latitude: parse_f64(latitude).ok_or(Error::NotFloat)? };
    if point.is_valid() {
        Ok(point)
    } else {
        let Point { longitude, latitude } = point;
        Err(Error::owned(format!("ERR invalid longitude,latitude pair {longitude:.6},{latitude:.6}")))
    }
}

/// The metres of a unit.
fn unit(name: &[u8]) -> Result<f64, Error> {
    match name.to_ascii_lowercase().as_slice() {
        b"m" => Ok(1.0),
        b"km" => Ok(1000.0),
        b"ft" => Ok(0.3048),
        b"mi" => Ok(1609.34),
        _ => Err(Error::Text("ERR unsupported unit provided. please use M, KM, FT, MI")),
    }
}

/// A radius in its unit, as metres, and the metres of the unit.
fn radius(radius: &[u8], unit_name: &[u8]) -> Result<(f64, f64), Error> {
    let radius = parse_f64(radius).ok_or(Error::Text("ERR need numeric radius"))?;
    if radius < 0.0 {
        return Err(Error::Text("ERR radius cannot be negative"));
    }
    let metres = unit(unit_name)?;
    Ok((radius * metres, metres))
}

/// Where a member is.
fn place_of(set: SortedSetView, member: &[u8]) -> Result<Point, Error> {
    let score = set.score(member).ok_or(Error::Text("ERR could not decode requested zset member"))?;
    Ok(Point::of_score(score))
}

/// A search as its arguments tell it.
#[derive(Default)]
struct Search<'a> {
    from: Option<Point>,
    shape: Option<Shape>,
    /// The metres in which distances are told.
    unit: f64,
    order: Option<Order>,
    count: Option<usize>,
    /// Stop at the count instead of finding the nearest.
    any: bool,
    with_distance: bool,
    with_hash: bool,
    with_place: bool,
    /// Where the result goes, and whether distances become its scores.
    store: Option<&'a [u8]>,
    store_distance: bool,
}

/// What is searched, still without a centre.
enum Shape {
    Circle(f64),
    Rectangle(f64, f64),
    Polygon(Vec<Point>),
}

#[derive(Clone, Copy, PartialEq)]
enum Order {
    Near,
    Far,
}

/// Which command's options are read.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// GEORADIUS, GEORADIUSBYMEMBER
    Radius,
    /// `GEORADIUS_RO`, `GEORADIUSBYMEMBER_RO`
    RadiusReadOnly,
    /// GEOSEARCH
    Search,
    /// GEOSEARCHSTORE
    SearchStore,
}

impl<'a> Search<'a> {
    /// Reads options from an argument on. Redis reports what it meets first, also that a member is not there; so the set is asked
    /// meanwhile.
    fn options(&mut self, args: Args<'a>, from: usize, kind: Kind, set: Option<SortedSetView>) -> Result<(), Error> {
        let is_search = matches!(kind, Kind::Search | Kind::SearchStore);
        let (mut has_origin, mut words) = (Origin::None, args.cursor(from));
        while let Some(word) = words.word() {
            let left = words.left();
            match &*word {
                b"WITHDIST" => self.with_distance = true,
                b"WITHHASH" => self.with_hash = true,
                b"WITHCOORD" => self.with_place = true,
                b"ANY" => self.any = true,
                b"ASC" => self.order = Some(Order::Near),
                b"DESC" => self.order = Some(Order::Far),
                b"COUNT" if left >= 1 => {
                    let count = parse_i64(words.need()?).ok_or(Error::NotInteger)?;
                    if count <= 0 {
                        return Err(Error::Text("ERR COUNT must be > 0"));
                    }
                    self.count = Some(usize::try_from(count).unwrap_or(usize::MAX));
                }
                b"STORE" | b"STOREDIST" if kind == Kind::Radius && left >= 1 => {
                    self.store_distance = &*word == b"STOREDIST";
                    self.store = words.value();
                }
                b"STOREDIST" if kind == Kind::SearchStore => self.store_distance = true,
                b"FROMMEMBER" if is_search && left >= 1 && matches!(has_origin, Origin::None | Origin::Member) => {
                    let member = words.need()?;
                    has_origin = Origin::Member;
                    if let Some(set) = set {
                        self.from = Some(place_of(set, member)?);
                    }
                }
                b"FROMLONLAT" if is_search && left >= 2 && matches!(has_origin, Origin::None | Origin::Point) => {
                    has_origin = Origin::Point;
                    self.from = Some(point(words.need()?, words.need()?)?);
                }
                b"BYRADIUS" if is_search && left >= 2 && matches!(self.shape, None | Some(Shape::Circle(_))) => {
                    let (metres, unit) = radius(words.need()?, words.need()?)?;
                    (self.shape, self.unit) = (Some(Shape::Circle(metres)), unit);
                }
                b"BYBOX" if is_search && left >= 3 && matches!(self.shape, None | Some(Shape::Rectangle(..))) => {
                    let width = parse_f64(words.need()?).ok_or(Error::Text("ERR need numeric width"))?;
                    let height = parse_f64(words.need()?).ok_or(Error::Text("ERR need numeric height"))?;
                    if width < 0.0 || height < 0.0 {
                        return Err(Error::Text("ERR height or width cannot be negative"));
                    }
                    self.unit = unit(words.need()?)?;
                    self.shape = Some(Shape::Rectangle(width * self.unit, height * self.unit));
                }
                b"BYPOLYGON" if is_search && left >= 2 && matches!(self.shape, None | Some(Shape::Polygon(_))) => {
                    if has_origin != Origin::None {
                        return Err(Error::Syntax);
                    }
                    self.unit = 1.0;
                    self.shape = Some(Shape::Polygon(corners(&mut words)?));
                }
                _ => return Err(Error::Syntax),
            }
            if has_origin != Origin::None && matches!(self.shape, Some(Shape::Polygon(_))) {
                return Err(Error::Syntax);
            }
        }
        self.check(kind, has_origin)
    }

    /// What does not go together.
    fn check(&self, kind: Kind, origin: Origin) -> Result<(), Error> {
        let has_extras = self.with_distance || self.with_hash || self.with_place;
        let text = match kind {
            Kind::SearchStore if has_extras => {
                "ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options"
            }
            Kind::Radius if self.store.is_some() && has_extras => {
                "ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options"
            }
            Kind::Search | Kind::SearchStore
                if origin == Origin::None && !matches!(self.shape, Some(Shape::Polygon(_))) =>
            {
                // The name is that of the command.
                match kind {
                    Kind::Search => "ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCH",
                    _ => "ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCHSTORE",
                }
            }
            Kind::Search if self.shape.is_none() => {
                "ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCH"
            }
            Kind::SearchStore if self.shape.is_none() => {
                "ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCHSTORE"
            }
            _ if self.any && self.count.is_none() => "ERR the ANY argument requires COUNT argument",
            _ => return Ok(()),
        };
        Err(Error::Text(text))
    }

    /// The area, if there is a centre.
    fn area(&mut self) -> Option<Area> {
        Some(match self.shape.take()? {
            Shape::Circle(radius) => Area::Circle { centre: self.from?, radius },
            Shape::Rectangle(width, height) => Area::Rectangle { centre: self.from?, width, height },
            Shape::Polygon(corners) => Area::Polygon(corners),
        })
    }
}

/// What was said about where distances are measured from.
#[derive(Clone, Copy, PartialEq)]
enum Origin {
    None,
    Member,
    Point,
}

/// The corners of BYPOLYGON: their number, then so many pairs.
fn corners(words: &mut crate::resp::Cursor) -> Result<Vec<Point>, Error> {
    let n = parse_i64(words.need()?).filter(|&n| i32::try_from(n).is_ok());
    let n = n.ok_or(Error::Text("ERR invalid number of vertices"))?;
    if n < 3 || n > words.left() as i64 / 2 {
        return Err(Error::Text("ERR GEOSEARCH BYPOLYGON must have at least 3 vertices"));
    }
    (0..n).map(|_| point(words.need()?, words.need()?)).collect()
}

// ---- Searching ------------------------------------------------------------------------------------------------------

/// A place that was found.
struct Found<'a> {
    member: Text<'a>,
    score: f64,
    place: Point,
    /// Metres from the centre.
    distance: f64,
}

/// Visits the elements in each range of scores until `visit` says that it has enough, asking for `slice` at a time.
fn look_through<'a>(
    set: SortedSetView<'a>,
    scores: &[geo::Scores],
    slice: usize,
    visit: &mut dyn FnMut(Text<'a>, f64) -> bool,
) {
    if let SortedSetView::Packed(_) = set {
        // Finding a score is a walk: here one does for all.
        let mut all = Vec::with_capacity(set.len());
        set.each(&mut |member, score| all.push((member, score)));
        for range in scores {
            let first = all.partition_point(|&(_, score)| score < range.start);
            let mut inside = all[first..].iter().take_while(|&&(_, score)| score < range.end);
            if inside.any(|&(member, score)| visit(member, score)) {
                return;
            }
        }
        return;
    }
    for range in scores {
        let range = Scores { min: Bound::Included(range.start), max: Bound::Excluded(range.end) };
        let mut ranks = set.ranks_of_scores(range);
        while !ranks.is_empty() {
            // Whoever is content with any will not walk over a million elements first.
            let end = ranks.end.min(ranks.start.saturating_add(slice));
            let mut is_enough = false;
            set.walk(ranks.start..end, false, &mut |member, score| is_enough = is_enough || visit(member, score));
            if is_enough {
                return;
            }
            ranks.start = end;
        }
    }
}

/// What a search finds, in the order that it asks for.
fn find<'a>(set: SortedSetView<'a>, area: &Area, search: &Search) -> Vec<Found<'a>> {
    let (centre, count) = (area.centre(), search.count.unwrap_or(usize::MAX));
    let enough = if search.any { count } else { usize::MAX };
    let mut found = Vec::new();
    let slice = if search.any { SLICE } else { usize::MAX };
    look_through(set, &area.scores(), slice, &mut |member, score| {
        let place = Point::of_score(score);
        if let Some(distance) = area.distance_inside(centre, place) {
            found.push(Found { member, score, place, distance });
        }
        found.len() >= enough
    });
    let nearest = (search.count.is_some() && !search.any).then_some(Order::Near);
    match search.order.or(nearest) {
        Some(Order::Near) => found.sort_by(|a, b| a.distance.total_cmp(&b.distance)),
        Some(Order::Far) => found.sort_by(|a, b| b.distance.total_cmp(&a.distance)),
        None => {}
    }
    found.truncate(count);
    found
}

/// Finds and replies, or stores.
fn run(ctx: &mut Ctx, args: Args, key: usize, kind: Kind, event: Event, parse: Parse) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(key));
    let set = db.view::<SortedSetView>(slot)?;
    let mut search = Search { unit: 1.0, ..Search::default() };
    if kind == Kind::SearchStore {
        search.store = Some(args.get(1));
    }
    parse(&mut search, args, kind, set)?;
    let found = match (set, search.area()) {
        (Some(set), Some(area)) => find(set, &area, &search),
        _ => Vec::new(),
    };
    let Some(target) = search.store else {
        reply_found(ctx.reply, &found, &search);
        return Ok(Flow::Done);
    };
    let (limits, len) = (db.limits(), found.len());
    let longest = found.iter().map(|found| found.member.len()).max().unwrap_or(0);
    let mut result = SortedSet::for_members(len, longest, &limits);
    for Found { member, score, distance, .. } in found {
        let score = if search.store_distance { distance / search.unit } else { score };
        member.with(|bytes| result.insert(bytes, score, &limits));
    }
    db.put_result(target, result, event, len as u64);
    ctx.reply.int(len as i64);
    Ok(Flow::Done)
}

/// Reads the arguments of one of the searching commands.
type Parse = for<'a> fn(&mut Search<'a>, Args<'a>, Kind, Option<SortedSetView>) -> Result<(), Error>;

fn reply_found(reply: &mut Reply, found: &[Found], search: &Search) {
    let extras = [search.with_distance, search.with_hash, search.with_place].map(usize::from).iter().sum::<usize>();
    reply.array(found.len());
    for found in found {
        if extras > 0 {
            reply.array(1 + extras);
        }
        reply.text(found.member);
        if search.with_distance {
            reply_distance(reply, found.distance / search.unit);
        }
        if search.with_hash {
            reply.int(hash_of_score(found.score).cast_signed());
        }
        if search.with_place {
            reply_place(reply, found.place);
        }
    }
}

/// A distance, a text in both protocols.
fn reply_distance(reply: &mut Reply, distance: f64) {
    reply.bulk(format!("{distance:.4}").as_bytes());
}

fn reply_place(reply: &mut Reply, place: Point) {
    reply.array(2);
    reply.double(place.longitude);
    reply.double(place.latitude);
}

// ---- Handlers -------------------------------------------------------------------------------------------------------

/// GEOADD key [NX | XX] [CH] longitude latitude member [longitude latitude member ...]
fn geoadd(ctx: &mut Ctx, args: Args) -> Done {
    let (mut o, mut at) = (Adding::default(), 2);
    let mut words = args.cursor(2);
    while let Some(word) = words.word() {
        match &*word {
            b"NX" => o.nx = true,
            b"XX" => o.xx = true,
            b"CH" => o.ch = true,
            _ => break,
        }
        at += 1;
    }
    let data = args.from(at);
    if data.is_empty() || !data.len().is_multiple_of(3) || (o.nx && o.xx) {
        return Err(Error::Syntax);
    }
    let places = (0..data.len()).step_by(3).map(|i| point(data.get(i), data.get(i + 1)));
    let places = places.collect::<Result<Vec<Point>, Error>>()?;
    let scored = places.iter().enumerate().map(|(i, place)| (place.hash() as f64, data.get(3 * i + 2)));
    let tally = add_members(&mut ctx.server.db(ctx.db), args.get(1), places.len(), scored, o)?;
    ctx.reply.int(tally.answer(o));
    Ok(Flow::Done)
}

/// GEODIST key member1 member2 [unit]
fn geodist(ctx: &mut Ctx, args: Args) -> Done {
    let metres = match args.len() {
        4 => 1.0,
        5 => unit(args.get(4))?,
        _ => return Err(Error::Syntax),
    };
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(1));
    let set = db.view::<SortedSetView>(slot)?;
    let place = |i: usize| set.and_then(|set| set.score(args.get(i))).map(Point::of_score);
    match (place(2), place(3)) {
        (Some(a), Some(b)) => reply_distance(ctx.reply, a.distance(b) / metres),
        _ => ctx.reply.null(),
    }
    Ok(Flow::Done)
}

/// GEOHASH key [member ...]
fn geohash(ctx: &mut Ctx, args: Args) -> Done {
    each_place(ctx, args, |reply, place| match place {
        Some(place) => reply.bulk(&place.text()),
        None => reply.null(),
    })
}

/// GEOPOS key [member ...]
fn geopos(ctx: &mut Ctx, args: Args) -> Done {
    each_place(ctx, args, |reply, place| match place {
        Some(place) => reply_place(reply, place),
        None => reply.null_array(),
    })
}

/// Replies something for each member.
fn each_place(ctx: &mut Ctx, args: Args, say: impl Fn(&mut Reply, Option<Point>)) -> Done {
    let mut db = ctx.server.db(ctx.db);
    let slot = db.read(args.get(1));
    let set = db.view::<SortedSetView>(slot)?;
    ctx.reply.array(args.len() - 2);
    for member in args.from(2) {
        let score = set.and_then(|set| set.score(member));
        say(ctx.reply, score.map(Point::of_score));
    }
    Ok(Flow::Done)
}

/// GEOSEARCH key from by [options]
fn geosearch(ctx: &mut Ctx, args: Args) -> Done {
    run(ctx, args, 1, Kind::Search, GEOSEARCHSTORE, |search, args, kind, set| search.options(args, 2, kind, set))
}

/// GEOSEARCHSTORE destination source from by [options]
fn geosearchstore(ctx: &mut Ctx, args: Args) -> Done {
    run(ctx, args, 2, Kind::SearchStore, GEOSEARCHSTORE, |search, args, kind, set| search.options(args, 3, kind, set))
}

/// GEORADIUS key longitude latitude radius unit [options]
fn georadius(ctx: &mut Ctx, args: Args) -> Done {
    run(ctx, args, 1, Kind::Radius, GEORADIUSSTORE, around_point)
}

/// `GEORADIUS_RO` key longitude latitude radius unit [options]
fn georadius_ro(ctx: &mut Ctx, args: Args) -> Done {
    run(ctx, args, 1, Kind::RadiusReadOnly, GEORADIUSSTORE, around_point)
}

fn around_point<'a>(
    search: &mut Search<'a>,
    args: Args<'a>,
    kind: Kind,
    set: Option<SortedSetView>,
) -> Result<(), Error> {
    search.from = Some(point(args.get(2), args.get(3))?);
    let (metres, unit) = radius(args.get(4), args.get(5))?;
    (search.shape, search.unit) = (Some(Shape::Circle(metres)), unit);
    search.options(args, 6, kind, set)
}

/// GEORADIUSBYMEMBER key member radius unit [options]
fn georadiusbymember(ctx: &mut Ctx, args: Args) -> Done {
    run(ctx, args, 1, Kind::Radius, GEORADIUSSTORE, around_member)
}

/// `GEORADIUSBYMEMBER_RO` key member radius unit [options]
fn georadiusbymember_ro(ctx: &mut Ctx, args: Args) -> Done {
    run(ctx, args, 1, Kind::RadiusReadOnly, GEORADIUSSTORE, around_member)
}

fn around_member<'a>(
    search: &mut Search<'a>,
    args: Args<'a>,
    kind: Kind,
    set: Option<SortedSetView>,
) -> Result<(), Error> {
    // Without a key there is no member to be missed, and nobody looks at the radius.
    if let Some(set) = set {
        search.from = Some(place_of(set, args.get(2))?);
        let (metres, unit) = radius(args.get(3), args.get(4))?;
        (search.shape, search.unit) = (Some(Shape::Circle(metres)), unit);
    }
    search.options(args, 5, kind, set)
}
