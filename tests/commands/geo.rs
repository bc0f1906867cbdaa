//! Sessions of the commands on places.

use crate::harness::check;

#[test]
fn places_are_given_as_coordinates_and_hashes_in_resp2() {
    check(
        r#"
        # since 8.2
        # resp2
        > GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 12.5 41.9 Rome -73.9857 40.7484 NewYork 179.9 -16.5 Fiji -179.9 -16.6 East
        (integer) 6
        > GEOPOS g Palermo nobody Fiji
        1) 1) "13.361389338970184"
           2) "38.1155563954963"
        2) (nil array)
        3) 1) "179.89999920129776"
           2) "-16.49999931370298"
        > GEOPOS g
        (empty array)
        > GEOPOS nokey a b
        1) (nil array)
        2) (nil array)
        > GEOHASH g Palermo nobody Fiji
        1) "sqc8b49rny0"
        2) (nil)
        3) "rvpfjsr0tc0"
        > GEOHASH g
        (empty array)
        > GEOHASH nokey a
        1) (nil)
        > GEOADD h 0 0 zero 0.00001 -0.00001 tiny 180 85.05112878 corner -180 -85.05112878 low
        (integer) 4
        > GEOPOS h zero tiny corner low
        1) 1) "2.682209014892578e-6"
           2) "1.2673605809254695e-6"
        2) 1) "8.046627044677734e-6"
           2) "-8.871524052267432e-6"
        3) 1) "180"
           2) "85.05112878"
        4) 1) "-179.99999731779099"
           2) "-85.05112751263943"
        > GEOHASH h zero tiny corner low
        1) "s0000000000"
        2) "kpbpbpbpbn0"
        3) "bp05b5048p0"
        4) "00bh0hbj200"
        > ZADD h 1.5 frac -5 negative 1e300 large
        (integer) 3
        > GEOPOS h frac negative large
        1) 1) "-179.99999731779099"
           2) "-85.05112497791825"
        2) 1) "180"
           2) "85.05112878"
        3) 1) "-179.99999731779099"
           2) "-85.05112751263943"
        > GEOHASH h frac negative large
        1) "00bh0hbj210"
        2) "bp05b5048p0"
        3) "00bh0hbj200"
        > SET s x
        OK
        > GEOPOS s a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > GEOHASH s a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > GEOPOS
        (error) ERR wrong number of arguments for 'geopos' command
        > GEOHASH
        (error) ERR wrong number of arguments for 'geohash' command
    "#,
    );
}

#[test]
fn places_are_given_as_coordinates_and_hashes_in_resp3() {
    check(
        r#"
        # since 8.2
        # resp3
        > GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 12.5 41.9 Rome -73.9857 40.7484 NewYork 179.9 -16.5 Fiji -179.9 -16.6 East
        (integer) 6
        > GEOPOS g Palermo nobody Fiji
        1) 1) (double) 13.361389338970184
           2) (double) 38.1155563954963
        2) (nil)
        3) 1) (double) 179.89999920129776
           2) (double) -16.49999931370298
        > GEOPOS g
        (empty array)
        > GEOPOS nokey a b
        1) (nil)
        2) (nil)
        > GEOHASH g Palermo nobody Fiji
        1) "sqc8b49rny0"
        2) (nil)
        3) "rvpfjsr0tc0"
        > GEOHASH g
        (empty array)
        > GEOHASH nokey a
        1) (nil)
        > GEOADD h 0 0 zero 0.00001 -0.00001 tiny 180 85.05112878 corner -180 -85.05112878 low
        (integer) 4
        > GEOPOS h zero tiny corner low
        1) 1) (double) 2.682209014892578e-6
           2) (double) 1.2673605809254695e-6
        2) 1) (double) 8.046627044677734e-6
           2) (double) -8.871524052267432e-6
        3) 1) (double) 180
           2) (double) 85.05112878
        4) 1) (double) -179.99999731779099
           2) (double) -85.05112751263943
        > GEOHASH h zero tiny corner low
        1) "s0000000000"
        2) "kpbpbpbpbn0"
        3) "bp05b5048p0"
        4) "00bh0hbj200"
        > ZADD h 1.5 frac -5 negative 1e300 large
        (integer) 3
        > GEOPOS h frac negative large
        1) 1) (double) -179.99999731779099
           2) (double) -85.05112497791825
        2) 1) (double) 180
           2) (double) 85.05112878
        3) 1) (double) -179.99999731779099
           2) (double) -85.05112751263943
        > GEOHASH h frac negative large
        1) "00bh0hbj210"
        2) "bp05b5048p0"
        3) "00bh0hbj200"
        > SET s x
        OK
        > GEOPOS s a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > GEOHASH s a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > GEOPOS
        (error) ERR wrong number of arguments for 'geopos' command
        > GEOHASH
        (error) ERR wrong number of arguments for 'geohash' command
    "#,
    );
}

#[test]
fn places_are_added_moved_and_counted() {
    check(
        r#"
        # since 7.2
        # resp2
        > GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
        (integer) 2
        > GEOADD g 13.361389 38.115556 Palermo
        (integer) 0
        > GEOADD g 13.5 38.115556 Palermo 1 1 new
        (integer) 1
        > GEOADD g CH 13.6 38.115556 Palermo 2 2 newer
        (integer) 2
        > GEOADD g NX CH 1 2 Palermo 3 3 newest
        (integer) 1
        > GEOADD g xx ch 1 2 Palermo 3 3 nobody
        (integer) 1
        > GEOADD g XX 1 3 Palermo
        (integer) 0
        > GEOADD nokey XX 1 3 Palermo
        (integer) 0
        > EXISTS nokey
        (integer) 0
        > ZSCORE g Palermo
        "3378853503637734"
        > ZCARD g
        (integer) 5
        > TYPE g
        zset
        > OBJECT ENCODING g
        "listpack"
        > GEOADD e 0 0 a 1 1 a
        (integer) 1
        > ZSCORE e a
        "3377822707026402"
        > GEOADD g 1 1
        (error) ERR wrong number of arguments for 'geoadd' command
        > GEOADD g 1 1 a 2
        (error) ERR syntax error
        > GEOADD g NX XX 1 1 a
        (error) ERR syntax error
        > GEOADD g NX CH 1 1
        (error) ERR syntax error
        > GEOADD g FOO 1 1 a
        (error) ERR syntax error
        > GEOADD g 1 1 a XX 1 1 b
        (error) ERR syntax error
        > GEOADD g NX XX CH
        (error) ERR syntax error
        > GEOADD g x 1 a
        (error) ERR value is not a valid float
        > GEOADD g 1 x a
        (error) ERR value is not a valid float
        > GEOADD g nan 1 a
        (error) ERR value is not a valid float
        > GEOADD g inf 1 a
        (error) ERR invalid longitude,latitude pair inf,1.000000
        > GEOADD g 1 1 ok 200 1 a
        (error) ERR invalid longitude,latitude pair 200.000000,1.000000
        > GEOADD g -180.5 1 a
        (error) ERR invalid longitude,latitude pair -180.500000,1.000000
        > GEOADD g 0 85.06 a
        (error) ERR invalid longitude,latitude pair 0.000000,85.060000
        > GEOADD g 0 -90 a
        (error) ERR invalid longitude,latitude pair 0.000000,-90.000000
        > ZSCORE g ok
        (nil)
        > SET s x
        OK
        > GEOADD s 1 1 a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > GEOADD s 1 100 a
        (error) ERR invalid longitude,latitude pair 1.000000,100.000000
        > GEOADD
        (error) ERR wrong number of arguments for 'geoadd' command
    "#,
    );
}

#[test]
fn distances_have_units_and_four_decimals() {
    check(
        r#"
        > GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
        (integer) 2
        > GEODIST g Palermo Catania
        "166274.1516"
        > GEODIST g Palermo Catania m
        "166274.1516"
        > GEODIST g Palermo Catania KM
        "166.2742"
        > GEODIST g Palermo Catania Mi
        "103.3182"
        > GEODIST g Palermo Catania ft
        "545518.8700"
        > GEODIST g Palermo Palermo
        "0.0000"
        > GEODIST g Palermo nobody
        (nil)
        > GEODIST g nobody Palermo
        (nil)
        > GEODIST nokey a b
        (nil)
        > GEODIST g Palermo Catania x
        (error) ERR unsupported unit provided. please use M, KM, FT, MI
        > GEODIST nokey a b x
        (error) ERR unsupported unit provided. please use M, KM, FT, MI
        > GEODIST g Palermo Catania m x
        (error) ERR syntax error
        > SET s x
        OK
        > GEODIST s a b
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > GEODIST s a b x
        (error) ERR unsupported unit provided. please use M, KM, FT, MI
        > GEODIST g a
        (error) ERR wrong number of arguments for 'geodist' command
    "#,
    );
}

#[test]
fn a_search_tells_as_much_as_it_is_asked_for_in_resp2() {
    check(
        r#"
        # since 8.2
        # resp2
        > GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 12.5 41.9 Rome -73.9857 40.7484 NewYork 179.9 -16.5 Fiji -179.9 -16.6 East
        (integer) 6
        > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC WITHCOORD
        1) 1) "Catania"
           2) 1) "15.087267458438873"
              2) "37.50266842333162"
        2) 1) "Palermo"
           2) 1) "13.361389338970184"
              2) "38.1155563954963"
        > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC WITHDIST
        1) 1) "Catania"
           2) "56.4413"
        2) 1) "Palermo"
           2) "190.4424"
        > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC WITHHASH
        1) 1) "Catania"
           2) (integer) 3479447370796909
        2) 1) "Palermo"
           2) (integer) 3479099956230698
        > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC WITHHASH WITHDIST
        1) 1) "Catania"
           2) "56.4413"
           3) (integer) 3479447370796909
        2) 1) "Palermo"
           2) "190.4424"
           3) (integer) 3479099956230698
        > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 mi DESC withcoord withhash withdist
        1) 1) "Palermo"
           2) "118.3357"
           3) (integer) 3479099956230698
           4) 1) "13.361389338970184"
              2) "38.1155563954963"
        2) 1) "Catania"
           2) "35.0711"
           3) (integer) 3479447370796909
           4) 1) "15.087267458438873"
              2) "37.50266842333162"
        > GEORADIUS g 15 37 200 km WITHCOORD WITHDIST WITHHASH ASC
        1) 1) "Catania"
           2) "56.4413"
           3) (integer) 3479447370796909
           4) 1) "15.087267458438873"
              2) "37.50266842333162"
        2) 1) "Palermo"
           2) "190.4424"
           3) (integer) 3479099956230698
           4) 1) "13.361389338970184"
              2) "38.1155563954963"
        > GEORADIUS_RO g 15 37 200 km WITHDIST DESC
        1) 1) "Palermo"
           2) "190.4424"
        2) 1) "Catania"
           2) "56.4413"
        > GEORADIUSBYMEMBER g Rome 500 km WITHDIST ASC
        1) 1) "Rome"
           2) "0.0000"
        2) 1) "Palermo"
           2) "427.2716"
        > GEORADIUSBYMEMBER_RO g Rome 500 km WITHCOORD ASC COUNT 1
        1) 1) "Rome"
           2) 1) "12.499997913837433"
              2) "41.899999009956886"
    "#,
    );
}

#[test]
fn a_search_tells_as_much_as_it_is_asked_for_in_resp3() {
    check(
        r#"
        # since 8.2
        # resp3
        > GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 12.5 41.9 Rome -73.9857 40.7484 NewYork 179.9 -16.5 Fiji -179.9 -16.6 East
        (integer) 6
        > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC WITHCOORD
        1) 1) "Catania"
           2) 1) (double) 15.087267458438873
              2) (double) 37.50266842333162
        2) 1) "Palermo"
           2) 1) (double) 13.361389338970184
              2) (double) 38.1155563954963
        > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC WITHDIST
        1) 1) "Catania"
           2) "56.4413"
        2) 1) "Palermo"
           2) "190.4424"
        > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC WITHHASH
        1) 1) "Catania"
           2) (integer) 3479447370796909
        2) 1) "Palermo"
           2) (integer) 3479099956230698
        > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC WITHHASH WITHDIST
        1) 1) "Catania"
           2) "56.4413"
           3) (integer) 3479447370796909
        2) 1) "Palermo"
           2) "190.4424"
           3) (integer) 3479099956230698
        > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 mi DESC withcoord withhash withdist
        1) 1) "Palermo"
           2) "118.3357"
           3) (integer) 3479099956230698
           4) 1) (double) 13.361389338970184
              2) (double) 38.1155563954963
        2) 1) "Catania"
           2) "35.0711"
           3) (integer) 3479447370796909
           4) 1) (double) 15.087267458438873
              2) (double) 37.50266842333162
        > GEORADIUS g 15 37 200 km WITHCOORD WITHDIST WITHHASH ASC
        1) 1) "Catania"
           2) "56.4413"
           3) (integer) 3479447370796909
           4) 1) (double) 15.087267458438873
              2) (double) 37.50266842333162
        2) 1) "Palermo"
           2) "190.4424"
           3) (integer) 3479099956230698
           4) 1) (double) 13.361389338970184
              2) (double) 38.1155563954963
        > GEORADIUS_RO g 15 37 200 km WITHDIST DESC
        1) 1) "Palermo"
           2) "190.4424"
        2) 1) "Catania"
           2) "56.4413"
        > GEORADIUSBYMEMBER g Rome 500 km WITHDIST ASC
        1) 1) "Rome"
           2) "0.0000"
        2) 1) "Palermo"
           2) "427.2716"
        > GEORADIUSBYMEMBER_RO g Rome 500 km WITHCOORD ASC COUNT 1
        1) 1) "Rome"
           2) 1) (double) 12.499997913837433
              2) (double) 41.899999009956886
    "#,
    );
}

#[test]
fn a_search_finds_what_is_in_a_circle_or_a_box() {
    check(
        r#"
        # since 7.2
        > GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 12.5 41.9 Rome -73.9857 40.7484 NewYork 179.9 -16.5 Fiji -179.9 -16.6 East
        (integer) 6
        > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km
        1) "Palermo"
        2) "Catania"
        > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 100 km
        1) "Catania"
        > GEOSEARCH g BYRADIUS 500 km FROMMEMBER Rome ASC
        1) "Rome"
        2) "Palermo"
        > GEOSEARCH g FROMMEMBER Rome BYRADIUS 500 km DESC
        1) "Palermo"
        2) "Rome"
        > GEOSEARCH g FROMMEMBER Rome BYRADIUS 0 m
        1) "Rome"
        > GEOSEARCH g FROMMEMBER Rome BYRADIUS 1e300 km ASC
        1) "Rome"
        2) "Palermo"
        3) "Catania"
        4) "NewYork"
        5) "Fiji"
        6) "East"
        > GEOSEARCH g FROMMEMBER Rome BYRADIUS inf km ASC
        1) "Rome"
        2) "Palermo"
        3) "Catania"
        4) "NewYork"
        5) "Fiji"
        6) "East"
        > GEOSEARCH g FROMLONLAT 15 37 BYBOX 400 400 km ASC
        1) "Catania"
        2) "Palermo"
        > GEOSEARCH g FROMLONLAT 15 37 BYBOX 10 400 KM ASC
        (empty array)
        > GEOSEARCH g FROMLONLAT 15 37 BYBOX 400 10 km ASC
        (empty array)
        > GEOSEARCH g BYBOX 400 2000 km ASC FROMLONLAT 15 37
        1) "Catania"
        2) "Palermo"
        > GEOSEARCH g FROMMEMBER Fiji BYRADIUS 50 km ASC
        1) "Fiji"
        2) "East"
        > GEOSEARCH g FROMMEMBER East BYBOX 100 100 km ASC
        1) "East"
        2) "Fiji"
        > GEOSEARCH g FROMMEMBER Rome FROMMEMBER Fiji BYRADIUS 1 m BYRADIUS 50 km
        1) "Fiji"
        2) "East"
        > GEOSEARCH nokey FROMLONLAT 15 37 BYBOX 400 400 km ASC
        (empty array)
        > GEOSEARCH nokey FROMMEMBER Rome BYRADIUS 1 km
        (empty array)
        > GEORADIUS nokey 1 1 1 km
        (empty array)
        > GEORADIUSBYMEMBER nokey Rome -1 x
        (empty array)
        > GEORADIUSBYMEMBER g Rome 500 km
        1) "Palermo"
        2) "Rome"
        > GEORADIUSBYMEMBER_RO g Rome 50 km
        1) "Rome"
        > GEORADIUS_RO g 15 37 200 km
        1) "Palermo"
        2) "Catania"
    "#,
    );
}

#[test]
fn a_count_takes_the_nearest_or_any() {
    check(
        r#"
        > GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 12.5 41.9 Rome -73.9857 40.7484 NewYork 179.9 -16.5 Fiji -179.9 -16.6 East
        (integer) 6
        > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1000 km COUNT 1
        1) "Catania"
        > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1000 km COUNT 2
        1) "Catania"
        2) "Palermo"
        > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1000 km COUNT 2 DESC
        1) "Rome"
        2) "Palermo"
        > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1000 km COUNT 1 ANY
        1) "Palermo"
        > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1000 km COUNT 2 ANY ASC
        1) "Catania"
        2) "Palermo"
        > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1000 km ANY COUNT 99
        1) "Palermo"
        2) "Catania"
        3) "Rome"
        > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1000 km COUNT 9223372036854775807
        1) "Catania"
        2) "Palermo"
        3) "Rome"
        > GEORADIUS g 15 37 1000 km COUNT 1
        1) "Catania"
        > GEORADIUSBYMEMBER g Rome 1000 km COUNT 2 ANY DESC
        1) "Catania"
        2) "Palermo"
        > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1000 km COUNT 1 ASC DESC
        1) "Rome"
    "#,
    );
}

#[test]
fn results_are_stored_with_their_hashes_or_distances() {
    check(
        r#"
        # since 7.2
        # resp2
        > GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 12.5 41.9 Rome -73.9857 40.7484 NewYork 179.9 -16.5 Fiji -179.9 -16.6 East
        (integer) 6
        > GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 200 km
        (integer) 2
        > ZRANGE d 0 -1 WITHSCORES
        1) "Palermo"
        2) "3479099956230698"
        3) "Catania"
        4) "3479447370796909"
        > GEOSEARCHSTORE d g FROMLONLAT 15 37 BYBOX 400 400 mi STOREDIST DESC COUNT 1
        (integer) 1
        > ZRANGE d 0 -1 WITHSCORES
        1) "Palermo"
        2) "118.33573380874013"
        > GEORADIUS g 15 37 200 km STORE d
        (integer) 2
        > ZRANGE d 0 -1 WITHSCORES
        1) "Palermo"
        2) "3479099956230698"
        3) "Catania"
        4) "3479447370796909"
        > GEORADIUS g 15 37 200 km STOREDIST d
        (integer) 2
        > ZRANGE d 0 -1 WITHSCORES
        1) "Catania"
        2) "56.4412578701582"
        3) "Palermo"
        4) "190.44242984775784"
        > GEORADIUS g 15 37 200 km STOREDIST e STORE f
        (integer) 2
        > EXISTS e
        (integer) 0
        > ZRANGE f 0 -1 WITHSCORES
        1) "Palermo"
        2) "3479099956230698"
        3) "Catania"
        4) "3479447370796909"
        > GEORADIUSBYMEMBER g Rome 500 km STORE d COUNT 2
        (integer) 2
        > ZRANGE d 0 -1
        1) "Palermo"
        2) "Rome"
        > GEORADIUSBYMEMBER g Rome 500 km STOREDIST g ASC COUNT 1
        (integer) 1
        > ZRANGE g 0 -1 WITHSCORES
        1) "Rome"
        2) "0"
        > SET s x
        OK
        > EXPIRE s 1000
        (integer) 1
        > GEOSEARCHSTORE s f FROMMEMBER Palermo BYRADIUS 1 km
        (integer) 1
        > TYPE s
        zset
        > TTL s
        (integer) -1
        > GEOSEARCHSTORE s f FROMLONLAT 90 80 BYRADIUS 1 m
        (integer) 0
        > EXISTS s
        (integer) 0
        > SET s x
        OK
        > GEORADIUS nokey 1 1 1 m STORE s
        (integer) 0
        > EXISTS s
        (integer) 0
        > SET s x
        OK
        > GEORADIUSBYMEMBER nokey a 1 m STOREDIST s
        (integer) 0
        > EXISTS s
        (integer) 0
        > SET s x
        OK
        > GEOSEARCHSTORE d s FROMMEMBER a BYRADIUS 1 m
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > GEOSEARCHSTORE d f FROMMEMBER nobody BYRADIUS 1 m
        (error) ERR could not decode requested zset member
        > EXISTS d
        (integer) 1
    "#,
    );
}

#[test]
fn mistakes_are_told_in_the_order_of_the_arguments() {
    check(
        r#"
        # since 7.2
        > GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 12.5 41.9 Rome -73.9857 40.7484 NewYork 179.9 -16.5 Fiji -179.9 -16.6 East
        (integer) 6
        > SET s x
        OK
        > GEOSEARCH s FROMMEMBER a BYRADIUS 1 x
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > GEOSEARCH g FROMMEMBER nobody BYRADIUS 1 x
        (error) ERR could not decode requested zset member
        > GEOSEARCH g BYRADIUS 1 x FROMMEMBER nobody
        (error) ERR unsupported unit provided. please use M, KM, FT, MI
        > GEOSEARCH g BYRADIUS 1 km FROMMEMBER nobody FOO
        (error) ERR could not decode requested zset member
        > GEOSEARCH nokey BYRADIUS 1 km FROMMEMBER nobody FOO
        (error) ERR syntax error
        > GEOSEARCH g FROMLONLAT 1 1 BYRADIUS x x
        (error) ERR need numeric radius
        > GEOSEARCH g FROMLONLAT 1 1 BYRADIUS -1 x
        (error) ERR radius cannot be negative
        > GEOSEARCH g FROMLONLAT 1 1 BYRADIUS nan m
        (error) ERR need numeric radius
        > GEOSEARCH g FROMLONLAT 1 1 ASC BYRADIUS 1
        (error) ERR syntax error
        > GEOSEARCH g FROMLONLAT 1 1 BYBOX x x x
        (error) ERR need numeric width
        > GEOSEARCH g FROMLONLAT 1 1 BYBOX 1 x x
        (error) ERR need numeric height
        > GEOSEARCH g FROMLONLAT 1 1 BYBOX 1 -1 x
        (error) ERR height or width cannot be negative
        > GEOSEARCH g FROMLONLAT 1 1 BYBOX 1 1 x
        (error) ERR unsupported unit provided. please use M, KM, FT, MI
        > GEOSEARCH g FROMLONLAT 1 1 BYBOX 1 1
        (error) ERR syntax error
        > GEOSEARCH g FROMLONLAT 1 x BYRADIUS 1 m
        (error) ERR value is not a valid float
        > GEOSEARCH g FROMLONLAT 1 99 BYRADIUS 1 m
        (error) ERR invalid longitude,latitude pair 1.000000,99.000000
        > GEOSEARCH g BYRADIUS 1 m ASC FROMLONLAT 1
        (error) ERR syntax error
        > GEOSEARCH g BYRADIUS 1 m ASC ASC FROMMEMBER
        (error) ERR syntax error
        > GEOSEARCH g FROMMEMBER Rome FROMLONLAT 1 1 BYRADIUS 1 m
        (error) ERR syntax error
        > GEOSEARCH g FROMLONLAT 1 1 FROMMEMBER Rome BYRADIUS 1 m
        (error) ERR syntax error
        > GEOSEARCH g FROMMEMBER Rome BYRADIUS 1 m BYBOX 1 1 m
        (error) ERR syntax error
        > GEOSEARCH g FROMMEMBER Rome BYBOX 1 1 m BYRADIUS 1 m
        (error) ERR syntax error
        > GEOSEARCH g BYRADIUS 1 m ASC ASC ASC
        (error) ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCH
        > GEOSEARCH g FROMMEMBER Rome ASC ANY ASC
        (error) ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCH
        > GEOSEARCHSTORE d g BYRADIUS 1 m ASC ASC ASC
        (error) ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCHSTORE
        > GEOSEARCHSTORE d g FROMMEMBER Rome ASC ANY ASC
        (error) ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCHSTORE
        > GEOSEARCHSTORE d g WITHDIST ASC ASC ASC ASC
        (error) ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options
        > GEOSEARCHSTORE d g FROMMEMBER Rome BYRADIUS 1 m WITHHASH
        (error) ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options
        > GEOSEARCHSTORE d g FROMMEMBER Rome BYRADIUS 1 m WITHCOORD FOO
        (error) ERR syntax error
        > GEOSEARCH g FROMMEMBER Rome BYRADIUS 1 m COUNT
        (error) ERR syntax error
        > GEOSEARCH g FROMMEMBER Rome BYRADIUS 1 m COUNT x
        (error) ERR value is not an integer or out of range
        > GEOSEARCH g FROMMEMBER Rome BYRADIUS 1 m COUNT 0 FOO
        (error) ERR COUNT must be > 0
        > GEOSEARCH g FROMMEMBER Rome BYRADIUS 1 m COUNT -1
        (error) ERR COUNT must be > 0
        > GEOSEARCH g FROMMEMBER Rome BYRADIUS 1 m ANY
        (error) ERR the ANY argument requires COUNT argument
        > GEOSEARCH g FROMMEMBER Rome BYRADIUS 1 m ANY FOO
        (error) ERR syntax error
        > GEOSEARCH g FROMMEMBER Rome BYRADIUS 1 m STORE d
        (error) ERR syntax error
        > GEOSEARCH g FROMMEMBER Rome BYRADIUS 1 m STOREDIST
        (error) ERR syntax error
        > GEORADIUS s x 1 1 m
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > GEORADIUS g x 1 1 m
        (error) ERR value is not a valid float
        > GEORADIUS g 200 1 x x
        (error) ERR invalid longitude,latitude pair 200.000000,1.000000
        > GEORADIUS g 1 1 x x
        (error) ERR need numeric radius
        > GEORADIUS g 1 1 -1 x
        (error) ERR radius cannot be negative
        > GEORADIUS g 1 1 1 x FOO
        (error) ERR unsupported unit provided. please use M, KM, FT, MI
        > GEORADIUS nokey 1 1 -1 x
        (error) ERR radius cannot be negative
        > GEORADIUS g 1 1 1 m FOO
        (error) ERR syntax error
        > GEORADIUS g 1 1 1 m ANY
        (error) ERR the ANY argument requires COUNT argument
        > GEORADIUS g 1 1 1 m STORE
        (error) ERR syntax error
        > GEORADIUS g 1 1 1 m STORE d WITHDIST
        (error) ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options
        > GEORADIUS g 1 1 1 m WITHCOORD STOREDIST d COUNT 0
        (error) ERR COUNT must be > 0
        > GEORADIUS g 1 1 1 m BYRADIUS 1 m
        (error) ERR syntax error
        > GEORADIUS g 1 1 1 m FROMMEMBER Rome
        (error) ERR syntax error
        > GEORADIUS_RO g 1 1 1 m STORE d
        (error) ERR syntax error
        > GEORADIUS_RO g 1 1 1 m STOREDIST d
        (error) ERR syntax error
        > GEORADIUSBYMEMBER s a x x
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > GEORADIUSBYMEMBER g nobody x x
        (error) ERR could not decode requested zset member
        > GEORADIUSBYMEMBER g Rome x x
        (error) ERR need numeric radius
        > GEORADIUSBYMEMBER g Rome -1 x
        (error) ERR radius cannot be negative
        > GEORADIUSBYMEMBER g Rome 1 x FOO
        (error) ERR unsupported unit provided. please use M, KM, FT, MI
        > GEORADIUSBYMEMBER nokey nobody x x FOO
        (error) ERR syntax error
        > GEORADIUSBYMEMBER g Rome 1 m WITHHASH STORE d
        (error) ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options
        > GEORADIUSBYMEMBER_RO g Rome 1 m STORE d
        (error) ERR syntax error
        > GEOSEARCH g
        (error) ERR wrong number of arguments for 'geosearch' command
        > GEOSEARCHSTORE d g
        (error) ERR wrong number of arguments for 'geosearchstore' command
        > GEORADIUS g 1 1 1
        (error) ERR wrong number of arguments for 'georadius' command
        > GEORADIUS_RO g 1 1 1
        (error) ERR wrong number of arguments for 'georadius_ro' command
        > GEORADIUSBYMEMBER g a 1
        (error) ERR wrong number of arguments for 'georadiusbymember' command
        > GEORADIUSBYMEMBER_RO g a 1
        (error) ERR wrong number of arguments for 'georadiusbymember_ro' command
    "#,
    );
}

#[test]
fn a_polygon_is_searched() {
    check(
        r#"
        # ours: another server has polygons
        # resp2
        > GEOADD p 0 0 a 1 1 b 2 2 c 5 5 d 0.5 3 e
        (integer) 5
        > GEOSEARCH p BYPOLYGON 3 -1 -1 4 -1 1.5 4 ASC
        1) "b"
        2) "c"
        3) "a"
        > GEOSEARCH p BYPOLYGON 3 -1 -1 4 -1 1.5 4 ASC WITHDIST
        1) 1) "b"
           2) "66836.6085"
        2) 1) "c"
           2) "158385.6200"
        3) 1) "a"
           2) "182569.4371"
        > GEOSEARCH p BYPOLYGON 3 -1 -1 4 -1 1.5 4 COUNT 1
        1) "b"
        > GEOSEARCH p DESC BYPOLYGON 3 -1 -1 4 -1 1.5 4 WITHHASH
        1) 1) "a"
           2) (integer) 3377699720527872
        2) 1) "c"
           2) (integer) 3378191666521995
        3) 1) "b"
           2) (integer) 3377822707026402
        > GEOSEARCH p BYPOLYGON 4 0 0 4 0 4 4 0 4 ASC
        1) "c"
        2) "b"
        3) "e"
        4) "a"
        > GEOSEARCH p BYPOLYGON 4 1 1 1 1 1 1 1 1
        (empty array)
        > GEOSEARCH nokey BYPOLYGON 3 -1 -1 4 -1 1.5 4
        (empty array)
        > GEOSEARCHSTORE d p BYPOLYGON 3 -1 -1 4 -1 1.5 4
        (integer) 3
        > ZRANGE d 0 -1 WITHSCORES
        1) "a"
        2) "3377699720527872"
        3) "b"
        4) "3377822707026402"
        5) "c"
        6) "3378191666521995"
        > GEOSEARCHSTORE d p BYPOLYGON 3 -1 -1 4 -1 1.5 4 STOREDIST COUNT 2 DESC
        (integer) 2
        > ZRANGE d 0 -1
        1) "c"
        2) "a"
        > GEOSEARCH p BYPOLYGON 3 -1 -1 4 -1 1.5 4 FROMLONLAT 0 0
        (error) ERR syntax error
        > GEOSEARCH p FROMMEMBER a BYPOLYGON 3 -1 -1 4 -1 1.5 4
        (error) ERR syntax error
        > GEOSEARCH p BYBOX 1 1 m BYPOLYGON 3 -1 -1 4 -1 1.5 4
        (error) ERR syntax error
        > GEOSEARCH p BYPOLYGON 3 -1 -1 4 -1 1.5 4 BYRADIUS 1 m
        (error) ERR syntax error
        > GEOSEARCH p BYPOLYGON 2 1 1 2 2
        (error) ERR GEOSEARCH BYPOLYGON must have at least 3 vertices
        > GEOSEARCH p BYPOLYGON 4 1 1 2 2 3 3
        (error) ERR GEOSEARCH BYPOLYGON must have at least 3 vertices
        > GEOSEARCH p BYPOLYGON x 1 1 2 2 3 3
        (error) ERR invalid number of vertices
        > GEOSEARCH p BYPOLYGON 2147483648 1 1 2 2 3 3
        (error) ERR invalid number of vertices
        > GEOSEARCH p BYPOLYGON 3 1 1 2 2 3 x
        (error) ERR value is not a valid float
        > GEOSEARCH p BYPOLYGON 3 1 1 2 2 3 99
        (error) ERR invalid longitude,latitude pair 3.000000,99.000000
        > GEOSEARCH p BYPOLYGON 3 1 1 2 2 3 3 4
        (error) ERR syntax error
        > GEOSEARCH p ASC ASC ASC ASC BYPOLYGON 3
        (error) ERR syntax error
        > GEOSEARCHSTORE d p BYPOLYGON 3 -1 -1 4 -1 1.5 4 WITHDIST
        (error) ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options
        > GEORADIUS p 0 0 1 m BYPOLYGON 3 -1 -1 4 -1 1.5 4
        (error) ERR syntax error
    "#,
    );
}

#[test]
fn searches_have_the_same_options() {
    check(
        r#"
        # since 8.2
        # resp2
        > GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 12.5 41.9 Rome
        (integer) 3
        > GEORADIUS g 15 37 300000 M ASC
        1) "Catania"
        2) "Palermo"
        > GEORADIUS g 15 37 900000 FT DESC
        1) "Palermo"
        2) "Catania"
        > GEORADIUS g 15 37 150 MI WITHDIST ASC
        1) 1) "Catania"
           2) "35.0711"
        2) 1) "Palermo"
           2) "118.3357"
        > GEORADIUS g 15 37 300 KM ASC WITHCOORD
        1) 1) "Catania"
           2) 1) "15.087267458438873"
              2) "37.50266842333162"
        2) 1) "Palermo"
           2) 1) "13.361389338970184"
              2) "38.1155563954963"
        > GEORADIUS g 15 37 300 KM DESC WITHHASH WITHDIST
        1) 1) "Palermo"
           2) "190.4424"
           3) (integer) 3479099956230698
        2) 1) "Catania"
           2) "56.4413"
           3) (integer) 3479447370796909
        > GEORADIUS g 15 37 300 KM COUNT 1
        1) "Catania"
        > GEORADIUS g 15 37 300 KM COUNT 1 ANY
        1) "Palermo"
        > GEORADIUS g 15 37 300 KM COUNT 2 ANY DESC
        1) "Palermo"
        2) "Catania"
        > GEORADIUS_RO g 15 37 300000 M ASC
        1) "Catania"
        2) "Palermo"
        > GEORADIUS_RO g 15 37 900000 FT DESC
        1) "Palermo"
        2) "Catania"
        > GEORADIUS_RO g 15 37 150 MI WITHDIST ASC
        1) 1) "Catania"
           2) "35.0711"
        2) 1) "Palermo"
           2) "118.3357"
        > GEORADIUS_RO g 15 37 300 KM ASC WITHCOORD
        1) 1) "Catania"
           2) 1) "15.087267458438873"
              2) "37.50266842333162"
        2) 1) "Palermo"
           2) 1) "13.361389338970184"
              2) "38.1155563954963"
        > GEORADIUS_RO g 15 37 300 KM DESC WITHHASH WITHDIST
        1) 1) "Palermo"
           2) "190.4424"
           3) (integer) 3479099956230698
        2) 1) "Catania"
           2) "56.4413"
           3) (integer) 3479447370796909
        > GEORADIUS_RO g 15 37 300 KM COUNT 1
        1) "Catania"
        > GEORADIUS_RO g 15 37 300 KM COUNT 1 ANY
        1) "Palermo"
        > GEORADIUS_RO g 15 37 300 KM COUNT 2 ANY DESC
        1) "Palermo"
        2) "Catania"
        > GEORADIUSBYMEMBER g Palermo 300000 M ASC
        1) "Palermo"
        2) "Catania"
        > GEORADIUSBYMEMBER g Palermo 900000 FT DESC
        1) "Catania"
        2) "Palermo"
        > GEORADIUSBYMEMBER g Palermo 150 MI WITHDIST ASC
        1) 1) "Palermo"
           2) "0.0000"
        2) 1) "Catania"
           2) "103.3182"
        > GEORADIUSBYMEMBER g Palermo 300 KM ASC WITHCOORD
        1) 1) "Palermo"
           2) 1) "13.361389338970184"
              2) "38.1155563954963"
        2) 1) "Catania"
           2) 1) "15.087267458438873"
              2) "37.50266842333162"
        > GEORADIUSBYMEMBER g Palermo 300 KM DESC WITHHASH WITHDIST
        1) 1) "Catania"
           2) "166.2742"
           3) (integer) 3479447370796909
        2) 1) "Palermo"
           2) "0.0000"
           3) (integer) 3479099956230698
        > GEORADIUSBYMEMBER g Palermo 300 KM COUNT 1
        1) "Palermo"
        > GEORADIUSBYMEMBER g Palermo 300 KM COUNT 1 ANY
        1) "Palermo"
        > GEORADIUSBYMEMBER g Palermo 300 KM COUNT 2 ANY DESC
        1) "Catania"
        2) "Palermo"
        > GEORADIUSBYMEMBER_RO g Palermo 300000 M ASC
        1) "Palermo"
        2) "Catania"
        > GEORADIUSBYMEMBER_RO g Palermo 900000 FT DESC
        1) "Catania"
        2) "Palermo"
        > GEORADIUSBYMEMBER_RO g Palermo 150 MI WITHDIST ASC
        1) 1) "Palermo"
           2) "0.0000"
        2) 1) "Catania"
           2) "103.3182"
        > GEORADIUSBYMEMBER_RO g Palermo 300 KM ASC WITHCOORD
        1) 1) "Palermo"
           2) 1) "13.361389338970184"
              2) "38.1155563954963"
        2) 1) "Catania"
           2) 1) "15.087267458438873"
              2) "37.50266842333162"
        > GEORADIUSBYMEMBER_RO g Palermo 300 KM DESC WITHHASH WITHDIST
        1) 1) "Catania"
           2) "166.2742"
           3) (integer) 3479447370796909
        2) 1) "Palermo"
           2) "0.0000"
           3) (integer) 3479099956230698
        > GEORADIUSBYMEMBER_RO g Palermo 300 KM COUNT 1
        1) "Palermo"
        > GEORADIUSBYMEMBER_RO g Palermo 300 KM COUNT 1 ANY
        1) "Palermo"
        > GEORADIUSBYMEMBER_RO g Palermo 300 KM COUNT 2 ANY DESC
        1) "Catania"
        2) "Palermo"
        > GEOSEARCH g FROMMEMBER Rome BYBOX 3000000 3000000 M ASC
        1) "Rome"
        2) "Palermo"
        3) "Catania"
        > GEOSEARCHSTORE d g FROMMEMBER Rome BYRADIUS 300000 M COUNT 2 ANY ASC
        (integer) 1
        > GEOSEARCHSTORE d g FROMMEMBER Rome BYBOX 3000000 3000000 M COUNT 2 ANY
        (integer) 2
        > GEOSEARCH g FROMMEMBER Rome BYBOX 3000000 3000000 FT ASC
        1) "Rome"
        2) "Palermo"
        > GEOSEARCHSTORE d g FROMMEMBER Rome BYRADIUS 300000 FT COUNT 2 ANY ASC
        (integer) 1
        > GEOSEARCHSTORE d g FROMMEMBER Rome BYBOX 3000000 3000000 FT COUNT 2 ANY
        (integer) 2
        > GEOSEARCH g FROMMEMBER Rome BYBOX 3000000 3000000 MI ASC
        1) "Rome"
        2) "Palermo"
        3) "Catania"
        > GEOSEARCHSTORE d g FROMMEMBER Rome BYRADIUS 300000 MI COUNT 2 ANY ASC
        (integer) 2
        > GEOSEARCHSTORE d g FROMMEMBER Rome BYBOX 3000000 3000000 MI COUNT 2 ANY
        (integer) 2
    "#,
    );
}
