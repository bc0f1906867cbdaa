//! The configuration as the server goes by it.

/// Typed settings.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Settings {
    pub databases: usize,
    pub password_digest: Option<[u8; 32]>,
    pub proto_max_bulk_len: u64,
    pub lfu_log_factor: u32,
    pub lfu_decay_time: u32,
    pub hz: u32,
    pub is_lfu: bool,
    pub debug_command: Protection,
    pub port: u16,
    pub bind: Vec<String>,
    pub unixsocket: Option<String>,
    pub unixsocketperm: u32,
    pub tcp_backlog: u32,
    pub tcp_keepalive: u32,
    pub maxclients: usize,
    pub timeout: u32,
    pub protected_mode: bool,
    pub query_buffer_limit: u64,
    pub output_limit_normal: OutputLimit,
}

#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct OutputLimit {
    pub hard: u64,
    pub soft: u64,
    pub seconds: u64,
}

#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub enum Protection {
    No,
    Local,
    Yes,
}

impl Protection {
    #[allow(missing_docs)]
    pub fn allows(self, is_local: bool) -> bool {
        match self {
            Protection::No => false,
            Protection::Local => is_local,
            Protection::Yes => true,
        }
    }
}

#[allow(missing_docs)]
pub struct Config {
    pub settings: Settings,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            settings: Settings {
                databases: 16,
                password_digest: None,
                proto_max_bulk_len: 512 << 20,
                lfu_log_factor: 10,
                lfu_decay_time: 1,
                hz: 10,
                is_lfu: false,
                debug_command: Protection::No,
                port: 6379,
                bind: vec!["*".into(), "-::*".into()],
                unixsocket: None,
                unixsocketperm: 0,
                tcp_backlog: 511,
                tcp_keepalive: 300,
                maxclients: 10000,
                timeout: 0,
                protected_mode: true,
                query_buffer_limit: 1 << 30,
                output_limit_normal: OutputLimit { hard: 0, soft: 0, seconds: 0 },
            },
        }
    }
}

impl Config {
    #[allow(missing_docs)]
    pub fn limit_maxclients(&mut self, n: usize) {
        self.settings.maxclients = n;
    }
}
