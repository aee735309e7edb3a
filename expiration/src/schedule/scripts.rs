//! The scripts that run inside Redis, each atomically.

use redis::Script;

pub(super) struct Scripts {
    pub claim: Script,
    pub restore: Script,
    pub begin: Script,
    pub renew: Script,
    pub seal: Script,
}

impl Default for Scripts {
    fn default() -> Self {
        Self {
            claim: Script::new(include_str!("claim.lua")),
            restore: Script::new(include_str!("restore.lua")),
            begin: Script::new(include_str!("begin.lua")),
            renew: Script::new(include_str!("renew.lua")),
            seal: Script::new(include_str!("seal.lua")),
        }
    }
}
