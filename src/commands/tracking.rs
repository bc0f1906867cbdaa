//! CLIENT TRACKING, CACHING, GETREDIR and TRACKINGINFO: client-side caching.

use crate::base::number::parse_i64;
use crate::resp::Args;
use crate::server::client::ClientId;
use crate::server::describe::redirection;
use crate::server::tracking::Tracking;
use crate::server::{Ctx, Done, Error, Flow};
use std::collections::BTreeSet;

/// CLIENT TRACKING ON | OFF [REDIRECT client-id] [PREFIX prefix [PREFIX prefix ...]] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]
pub fn tracking(ctx: &mut Ctx, args: Args) -> Done {
    let mut wanted = Tracking::default();
    let mut prefixes: Vec<&[u8]> = Vec::new();
    let mut rest = args.cursor(3);
    while let Some(word) = rest.word() {
        match &*word {
            b"REDIRECT" if rest.left() > 0 => {
                if wanted.redirect.is_some() {
                    return Err(Error::Text("ERR A client can only redirect to a single other client"));
                }
                let number = rest.value().and_then(parse_i64).ok_or(Error::NotInteger)?;
                wanted.redirect = find(ctx, number);
                if wanted.redirect.is_none() {
                    return Err(Error::Text("ERR The client ID you want redirect to does not exist"));
                }
            }
            b"PREFIX" if rest.left() > 0 => prefixes.extend(rest.value()),
            b"BCAST" => wanted.is_broadcast = true,
            b"OPTIN" => wanted.is_opt_in = true,
            b"OPTOUT" => wanted.is_opt_out = true,
            b"NOLOOP" => wanted.no_loop = true,
            _ => return Err(Error::Syntax),
        }
    }
    match args.get(2).to_ascii_uppercase().as_slice() {
        b"ON" => {
            check(ctx, &wanted, &prefixes)?;
            if wanted.is_broadcast && prefixes.is_empty() {
                prefixes.push(b"");
            }
            wanted.prefixes = prefixes.into_iter().map(Box::from).collect();
            ctx.server.track(ctx.client, wanted);
        }
        b"OFF" => ctx.server.stop_tracking(ctx.client),
        _ => return Err(Error::Syntax),
    }
    ctx.reply.ok();
    Ok(Flow::Done)
}

fn find(ctx: &Ctx, number: i64) -> Option<(ClientId, u64)> {
    let found = ctx.server.clients.iter().find(|(_, client)| i64::try_from(client.number) == Ok(number));
    found.map(|(id, client)| (id, client.number))
}

/// Whether the options fit together, and to what the client does already.
fn check(ctx: &Ctx, wanted: &Tracking, prefixes: &[&[u8]]) -> Result<(), Error> {
    let before = ctx.server.clients[ctx.client].tracking.as_deref();
    if !wanted.is_broadcast && !prefixes.is_empty() {
        return Err(Error::Text("ERR PREFIX option requires BCAST mode to be enabled"));
    }
    if before.is_some_and(|before| before.is_broadcast != wanted.is_broadcast) {
        return Err(Error::Text(
            "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it \
             with a different mode.",
        ));
    }
    if wanted.is_broadcast && (wanted.is_opt_in || wanted.is_opt_out) {
        return Err(Error::Text("ERR OPTIN and OPTOUT are not compatible with BCAST"));
    }
    if wanted.is_opt_in && wanted.is_opt_out {
        return Err(Error::Text("ERR You can't specify both OPTIN mode and OPTOUT mode"));
    }
    let is_other =
        |before: &Tracking| (wanted.is_opt_in && before.is_opt_out) || (wanted.is_opt_out && before.is_opt_in);
    if before.is_some_and(is_other) {
        return Err(Error::Text(
            "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it \
             with a different mode.",
        ));
    }
    let overlaps = |a: &[u8], b: &[u8]| a.starts_with(b) || b.starts_with(a);
    let refusal = |prefix: &[u8], which: &str, other: &[u8]| {
        let end = b"'. Prefixes for a single client must not overlap.";
        Error::owned([b"ERR Prefix '", prefix, b"' overlaps with ", which.as_bytes(), b" '", other, end].concat())
    };
    let none = BTreeSet::new();
    for (i, &prefix) in prefixes.iter().enumerate() {
        let there = before.map_or(&none, |before| &before.prefixes);
        if let Some(other) = there.iter().find(|other| overlaps(prefix, other)) {
            return Err(refusal(prefix, "an existing prefix", other));
        }
        if let Some(other) = prefixes[i + 1..].iter().find(|other| overlaps(prefix, other)) {
            return Err(refusal(prefix, "another provided prefix", other));
        }
    }
    Ok(())
}

/// CLIENT CACHING YES | NO
pub fn caching(ctx: &mut Ctx, args: Args) -> Done {
    let container = ctx.server.commands.get(ctx.command).parent;
    let Some(tracking) = &mut ctx.server.clients[ctx.client].tracking else {
        return Err(Error::Text(
            "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled",
        ));
    };
    match args.get(2).to_ascii_uppercase().as_slice() {
        b"YES" if !tracking.is_opt_in => {
            return Err(Error::Text("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode."));
        }
        b"NO" if !tracking.is_opt_out => {
            return Err(Error::Text("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode."));
        }
        b"YES" | b"NO" => tracking.caching = container,
        _ => return Err(Error::Syntax),
    }
    ctx.reply.ok();
    Ok(Flow::Done)
}

/// CLIENT GETREDIR
pub fn getredir(ctx: &mut Ctx, _: Args) -> Done {
    ctx.reply.int(redirection(ctx.server.clients[ctx.client].tracking.as_deref()));
    Ok(Flow::Done)
}

/// CLIENT TRACKINGINFO
pub fn trackinginfo(ctx: &mut Ctx, _: Args) -> Done {
    let (reply, tracking) = (&mut *ctx.reply, ctx.server.clients[ctx.client].tracking.as_deref());
    let none = Tracking::default();
    let t = tracking.unwrap_or(&none);
    let has_said = t.caching.is_some();
    let flags: Vec<&str> = [
        (tracking.is_none(), "off"),
        (tracking.is_some(), "on"),
        (t.is_broadcast, "bcast"),
        (t.is_opt_in, "optin"),
        (t.is_opt_in && has_said, "caching-yes"),
        (t.is_opt_out, "optout"),
        (t.is_opt_out && has_said, "caching-no"),
        (t.no_loop, "noloop"),
        (t.is_broken, "broken_redirect"),
    ]
    .into_iter()
    .filter_map(|(is_so, flag)| is_so.then_some(flag))
    .collect();
    reply.map(3);
    reply.bulk(b"flags");
    reply.set(flags.len());
    for flag in flags {
        reply.bulk(flag.as_bytes());
    }
    reply.bulk(b"redirect");
    reply.int(redirection(tracking));
    reply.bulk(b"prefixes");
    reply.array(t.prefixes.len());
    for prefix in &t.prefixes {
        reply.bulk(prefix);
    }
    Ok(Flow::Done)
}
