//! The sockets that connections come in by: several addresses, TCP over IPv4 and IPv6, and a Unix path.

use crate::config::Settings;
use mio::net::{TcpListener, UnixListener};
use socket2::{Domain, Protocol, SockAddr, Socket, TcpKeepalive, Type};
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

/// A socket that listens.
#[derive(Debug)]
pub enum Listener {
    /// On a TCP address.
    Tcp(TcpListener),
    /// On a path, which is removed when the listener goes.
    Unix(UnixListener, PathBuf),
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Listener::Unix(_, path) = self {
            // Somebody may have removed it already; nothing depends on it any more.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Opens all that the settings name. An optional address (`-` in front) that this machine lacks is passed over.
pub fn open(settings: &Settings) -> Result<Vec<Listener>, String> {
    let mut listeners = Vec::new();
    if settings.port != 0 {
        for name in &settings.bind {
            let (name, is_optional) = match name.strip_prefix('-') {
                Some(rest) => (rest, true),
                None => (name.as_str(), false),
            };
            match tcp(name, settings) {
                Ok(listener) => listeners.push(Listener::Tcp(listener)),
                Err(error)
                    if is_optional
                        && matches!(
                            error.kind(),
                            io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported | io::ErrorKind::NotFound
                        ) => {}
                Err(error) => {
                    log::warn!("Could not create server TCP listening socket {name}:{}: bind: {error}", settings.port);
                    return Err(format!("Failed listening on port {} (tcp), aborting.", settings.port));
                }
            }
        }
        // No address at all is somebody's wish (`bind ""`); that none of them could be had is a mistake.
        if listeners.is_empty() && !settings.bind.is_empty() {
            return Err(format!("Failed listening on port {} (tcp), aborting.", settings.port));
        }
    }
    if let Some(path) = &settings.unixsocket {
        listeners
            .push(unix(path, settings).map_err(|error| format!("Failed opening Unix socket: bind: {path}: {error}"))?);
    }
    Ok(listeners)
}

fn tcp(name: &str, settings: &Settings) -> io::Result<TcpListener> {
    let address: SocketAddr = match name {
        "*" => (IpAddr::from([0, 0, 0, 0]), settings.port).into(),
        "::*" => (IpAddr::from([0u16; 8]), settings.port).into(),
        name => (name, settings.port).to_socket_addrs()?.next().ok_or(io::ErrorKind::NotFound)?,
    };
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // Else `::` would take the IPv4 port too, and `* -::*` would collide with itself.
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(settings.tcp_backlog as i32)?; // at most 65,535: the configuration's bound
    Ok(TcpListener::from_std(socket.into()))
}

fn unix(path: &str, settings: &Settings) -> io::Result<Listener> {
    // What a server that was killed left behind would keep us from binding.
    let _ = std::fs::remove_file(path);
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SockAddr::unix(path)?)?;
    if let Some(group) = &settings.unixsocketgroup {
        std::os::unix::fs::chown(path, None, Some(group_id(group)?))?;
    }
    if settings.unixsocketperm != 0 {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(settings.unixsocketperm))?;
    }
    socket.listen(settings.tcp_backlog as i32)?; // at most 65,535: the configuration's bound
    let listener: std::os::unix::net::UnixListener = socket.into();
    Ok(Listener::Unix(UnixListener::from_std(listener), path.into()))
}

/// The number of a group that is named, or is a number.
fn group_id(name: &str) -> io::Result<u32> {
    let groups = std::fs::read_to_string("/etc/group")?;
    let number = groups.lines().find_map(|line| {
        // `name:password:number:members`
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then(|| fields.nth(1))?
    });
    number.unwrap_or(name).parse().map_err(|_| io::Error::other(format!("there is no group {name}")))
}

/// Sets a new connection's options: no delay, and keepalive as configured.
pub fn prepare(stream: &mio::net::TcpStream, keepalive_s: u32) {
    let socket = socket2::SockRef::from(stream);
    let mut result = socket.set_tcp_nodelay(true);
    if keepalive_s > 0 {
        // A third of the time between probes, three of them: a dead peer is noticed after about twice the time.
        let probe = Duration::from_secs(u64::from((keepalive_s / 3).max(1)));
        let keepalive = TcpKeepalive::new()
            .with_time(Duration::from_secs(u64::from(keepalive_s)))
            .with_interval(probe)
            .with_retries(3);
        result = result.and(socket.set_tcp_keepalive(&keepalive));
    }
    if let Err(error) = result {
        log::debug!("A new connection goes on without its socket options: {error}");
    }
}
