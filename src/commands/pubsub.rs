//! Publishing and subscribing: channels, patterns, and the channels of shards.

use crate::base::glob;
use crate::resp::Args;
use crate::server::command::Flag::{Fast, Loading, MayReplicate, NoScript, Pubsub, Stale, WhenSubscribed};
use crate::server::command::{Command, KeyFlag, KeySpec};
use crate::server::pubsub::Kind;
use crate::server::{Ctx, Done, Error, Flow};

/// The rows, by name.
pub static COMMANDS: &[Command] = &[
    Command::new("psubscribe", psubscribe)
        .channel_patterns(1, -1)
        .arity(-2)
        .flags(&[Pubsub, NoScript, Loading, Stale, WhenSubscribed])
        .syntax("pattern:pattern ...")
        .docs("Subscribes to all channels whose names fit one of the patterns.")
        .complexity("O(N), N being the number of names")
        .since("2.0.0"),
    Command::new("publish", publish)
        .channels(1, 1)
        .arity(3)
        .flags(&[Pubsub, Loading, Stale, Fast, MayReplicate])
        .syntax("channel message")
        .docs("Sends a message to those who have subscribed to a channel.")
        .complexity("O(N+M), N being the subscribers of the channel and M all patterns")
        .since("2.0.0"),
    Command::container("pubsub", PUBSUB).docs("Tells who has subscribed to what.").since("2.8.0"),
    Command::new("punsubscribe", punsubscribe)
        .arity(-1)
        .flags(&[Pubsub, NoScript, Loading, Stale, WhenSubscribed])
        .syntax("[pattern:pattern ...]")
        .docs("Ends subscriptions to patterns: those that are named, or all.")
        .complexity("O(N), N being the number of names")
        .since("2.0.0"),
    Command::new("spublish", spublish)
        .channels(1, 1)
        .arity(3)
        .flags(&[Pubsub, Loading, Stale, Fast, MayReplicate])
        .keys(&[KeySpec::at(1, &[KeyFlag::NotKey])])
        .syntax("shardchannel message")
        .docs("Sends a message to those who have subscribed to a channel of a shard.")
        .complexity("O(N), N being the number of subscribers")
        .since("7.0.0"),
    Command::new("ssubscribe", ssubscribe)
        .channels(1, -1)
        .arity(-2)
        .flags(&[Pubsub, NoScript, Loading, Stale, WhenSubscribed])
        .keys(&[KeySpec::range(1, -1, 1, &[KeyFlag::NotKey])])
        .syntax("shardchannel ...")
        .docs("Subscribes to channels of a shard.")
        .complexity("O(N), N being the number of names")
        .since("7.0.0"),
    Command::new("subscribe", subscribe)
        .channels(1, -1)
        .arity(-2)
        .flags(&[Pubsub, NoScript, Loading, Stale, WhenSubscribed])
        .syntax("channel ...")
        .docs("Subscribes to channels.")
        .complexity("O(N), N being the number of names")
        .since("2.0.0"),
    Command::new("sunsubscribe", sunsubscribe)
        .arity(-1)
        .flags(&[Pubsub, NoScript, Loading, Stale, WhenSubscribed])
        .keys(&[KeySpec::range(1, -1, 1, &[KeyFlag::NotKey])])
        .syntax("[shardchannel ...]")
        .docs("Ends subscriptions to channels of a shard: those that are named, or all.")
        .complexity("O(N), N being the number of names")
        .since("7.0.0"),
    Command::new("unsubscribe", unsubscribe)
        .arity(-1)
        .flags(&[Pubsub, NoScript, Loading, Stale, WhenSubscribed])
        .syntax("[channel ...]")
        .docs("Ends subscriptions to channels: those that are named, or all.")
        .complexity("O(N), N being the number of names")
        .since("2.0.0"),
];

static PUBSUB: &[Command] = &[
    Command::new("channels", channels)
        .arity(-2)
        .flags(&[Pubsub, Loading, Stale])
        .syntax("[pattern:pattern]")
        .docs("Lists the channels that somebody has subscribed to.")
        .complexity("O(N), N being the number of channels")
        .since("2.8.0"),
    Command::new("help", help)
        .arity(2)
        .flags(&[Loading, Stale])
        .docs("Lists the subcommands.")
        .complexity("O(1)")
        .since("6.2.0"),
    Command::new("numpat", numpat)
        .arity(2)
        .flags(&[Pubsub, Loading, Stale])
        .docs("Counts the patterns that somebody has subscribed to.")
        .complexity("O(1)")
        .since("2.8.0"),
    Command::new("numsub", numsub)
        .arity(-2)
        .flags(&[Pubsub, Loading, Stale])
        .syntax("[channel ...]")
        .docs("Counts the subscribers of channels.")
        .complexity("O(N), N being the number of names")
        .since("2.8.0"),
    Command::new("shardchannels", shardchannels)
        .arity(-2)
        .flags(&[Pubsub, Loading, Stale])
        .syntax("[pattern:pattern]")
        .docs("Lists the channels of shards that somebody has subscribed to.")
        .complexity("O(N), N being the number of channels")
        .since("7.0.0"),
    Command::new("shardnumsub", shardnumsub)
        .arity(-2)
        .flags(&[Pubsub, Loading, Stale])
        .syntax("[shardchannel ...]")
        .docs("Counts the subscribers of channels of shards.")
        .complexity("O(N), N being the number of names")
        .since("7.0.0"),
];

/// PUBLISH channel message
fn publish(ctx: &mut Ctx, args: Args) -> Done {
    let sent = ctx.server.publish(Kind::Channel, args.get(1), args.get(2));
    ctx.reply.int(sent as i64);
    Ok(Flow::Done)
}

/// SPUBLISH shardchannel message
fn spublish(ctx: &mut Ctx, args: Args) -> Done {
    let sent = ctx.server.publish(Kind::Shard, args.get(1), args.get(2));
    ctx.reply.int(sent as i64);
    Ok(Flow::Done)
}

/// SUBSCRIBE channel [channel ...]
fn subscribe(ctx: &mut Ctx, args: Args) -> Done {
    begin(ctx, args, Kind::Channel, "subscribe")
}

/// PSUBSCRIBE pattern [pattern ...]
fn psubscribe(ctx: &mut Ctx, args: Args) -> Done {
    begin(ctx, args, Kind::Pattern, "psubscribe")
}

/// SSUBSCRIBE shardchannel [shardchannel ...]
fn ssubscribe(ctx: &mut Ctx, args: Args) -> Done {
    begin(ctx, args, Kind::Shard, "ssubscribe")
}

/// UNSUBSCRIBE [channel ...]
fn unsubscribe(ctx: &mut Ctx, args: Args) -> Done {
    end(ctx, args, Kind::Channel, "unsubscribe")
}

/// PUNSUBSCRIBE [pattern ...]
fn punsubscribe(ctx: &mut Ctx, args: Args) -> Done {
    end(ctx, args, Kind::Pattern, "punsubscribe")
}

/// SUNSUBSCRIBE [shardchannel ...]
fn sunsubscribe(ctx: &mut Ctx, args: Args) -> Done {
    end(ctx, args, Kind::Shard, "sunsubscribe")
}

/// Subscribes, and answers each name with a push of its own.
fn begin(ctx: &mut Ctx, args: Args, kind: Kind, word: &str) -> Done {
    for name in args.from(1) {
        let left = ctx.server.subscribe(ctx.client, kind, name);
        confirm(ctx, word, Some(name), left);
    }
    Ok(Flow::Done)
}

/// The same for the end of subscriptions. Without any, one push says so.
fn end(ctx: &mut Ctx, args: Args, kind: Kind, word: &str) -> Done {
    for name in args.from(1) {
        let left = ctx.server.unsubscribe(ctx.client, kind, name);
        confirm(ctx, word, Some(name), left);
    }
    if args.len() > 1 {
        return Ok(Flow::Done);
    }
    let names = ctx.server.clients[ctx.client].subscriptions.names(kind);
    for name in &names {
        let left = ctx.server.unsubscribe(ctx.client, kind, name);
        confirm(ctx, word, Some(name), left);
    }
    if names.is_empty() {
        let left = ctx.server.clients[ctx.client].subscriptions.shown(kind);
        confirm(ctx, word, None, left);
    }
    Ok(Flow::Done)
}

fn confirm(ctx: &mut Ctx, word: &str, name: Option<&[u8]>, left: usize) {
    ctx.reply.push(3);
    ctx.reply.bulk(word.as_bytes());
    match name {
        Some(name) => ctx.reply.bulk(name),
        None => ctx.reply.null(),
    }
    ctx.reply.int(left as i64);
}

/// PUBSUB CHANNELS [pattern]
fn channels(ctx: &mut Ctx, args: Args) -> Done {
    names(ctx, args, Kind::Channel)
}

/// PUBSUB SHARDCHANNELS [pattern]
fn shardchannels(ctx: &mut Ctx, args: Args) -> Done {
    names(ctx, args, Kind::Shard)
}

fn names(ctx: &mut Ctx, args: Args, kind: Kind) -> Done {
    if args.len() > 3 {
        let sent = String::from_utf8_lossy(args.get(1));
        let text = format!("ERR unknown subcommand or wrong number of arguments for '{sent}'. Try PUBSUB HELP.");
        return Err(Error::owned(text));
    }
    let pattern = args.iter().nth(2);
    let fits = |name: &&[u8]| pattern.is_none_or(|pattern| glob::matches(pattern, name));
    let names: Vec<&[u8]> = ctx.server.pubsub.names(kind).filter(fits).collect();
    ctx.reply.array(names.len());
    for name in names {
        ctx.reply.bulk(name);
    }
    Ok(Flow::Done)
}

/// PUBSUB NUMPAT
fn numpat(ctx: &mut Ctx, _: Args) -> Done {
    ctx.reply.int(ctx.server.pubsub.count(Kind::Pattern) as i64);
    Ok(Flow::Done)
}

/// PUBSUB NUMSUB [channel ...]
fn numsub(ctx: &mut Ctx, args: Args) -> Done {
    counts(ctx, args, Kind::Channel)
}

/// PUBSUB SHARDNUMSUB [shardchannel ...]
fn shardnumsub(ctx: &mut Ctx, args: Args) -> Done {
    counts(ctx, args, Kind::Shard)
}

fn counts(ctx: &mut Ctx, args: Args, kind: Kind) -> Done {
    // An array also in RESP3: a name may occur twice.
    ctx.reply.array(2 * (args.len() - 2));
    for name in args.from(2) {
        ctx.reply.bulk(name);
        ctx.reply.int(ctx.server.pubsub.subscribers(kind, name) as i64);
    }
    Ok(Flow::Done)
}

/// PUBSUB HELP
fn help(ctx: &mut Ctx, _: Args) -> Done {
    ctx.help(&[
        "CHANNELS [<pattern>]",
        "    List the channels that somebody has subscribed to.",
        "NUMPAT",
        "    Count the patterns that somebody has subscribed to.",
        "NUMSUB [<channel> ...]",
        "    Count the subscribers of channels.",
        "SHARDCHANNELS [<pattern>]",
        "    List the channels of shards that somebody has subscribed to.",
        "SHARDNUMSUB [<shardchannel> ...]",
        "    Count the subscribers of channels of shards.",
    ]);
    Ok(Flow::Done)
}
