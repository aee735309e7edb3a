//! TCP ports of this machine: which are free, and who has one that is not.

use std::{
    fmt, fs, io,
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    time::Duration,
};

use anyhow::{Result, bail};

/// A port that somebody else listens on.
#[derive(Debug, PartialEq, Eq)]
pub struct Taken {
    /// The port.
    pub port: u16,
    /// What we wanted it for.
    pub wanted_for: String,
    /// Who has it, if `/proc` tells.
    pub holder: Option<Holder>,
}

/// The process that listens on a port.
#[derive(Debug, PartialEq, Eq)]
pub struct Holder {
    pub pid: u32,
    pub command: String,
}

/// So many ports that nobody has now. They are taken all at once, so that they differ.
pub fn free<const N: usize>() -> io::Result<[u16; N]> {
    let mut listeners = Vec::with_capacity(N);
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        *port = listener.local_addr()?.port();
        listeners.push(listener);
    }
    Ok(ports)
}

/// Fails with a word on every port that is taken.
pub fn ensure_free<'a>(wanted: impl IntoIterator<Item = (&'a str, u16)>) -> Result<()> {
    let taken: Vec<String> = wanted
        .into_iter()
        .filter(|(_, port)| !is_free(*port))
        .map(|(name, port)| Taken { port, wanted_for: name.to_owned(), holder: holder(port) }.to_string())
        .collect();
    if !taken.is_empty() {
        bail!("{}", taken.join("\n"));
    }
    Ok(())
}

/// Whether we could listen on the port.
pub fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Whether somebody accepts connections on the port.
pub fn answers(port: u16) -> bool {
    let address = (Ipv4Addr::LOCALHOST, port).into();
    TcpStream::connect_timeout(&address, Duration::from_millis(300)).is_ok()
}

/// Whether this machine has the IPv6 loopback, to which some resolvers send `*.localhost`.
pub fn ipv6_works() -> bool {
    TcpListener::bind(("::1", 0)).is_ok()
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { port, wanted_for, holder } = self;
        write!(f, "port {port}, which {wanted_for} needs, is taken")?;
        match holder {
            Some(Holder { pid, command }) => write!(f, " by process {pid} ({command})")?,
            None => write!(f, " by a process of another user")?,
        }
        if wanted_for == "nginx" {
            write!(f, "; stop it, or choose another port: cargo xtask up --port {}", port.saturating_add(1))
        } else {
            write!(f, "; stop it, and start again")
        }
    }
}

/// Who listens on a port, found through the socket's inode.
pub fn holder(port: u16) -> Option<Holder> {
    let inode = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .find_map(|table| listening_inode(&table, port))?;
    let socket = format!("socket:[{inode}]");
    let processes = fs::read_dir("/proc").ok()?;
    processes.flatten().find_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        has_open(&entry.path(), &socket).then(|| Holder { pid, command: command_of(&entry.path()) })
    })
}

/// A line reads `sl local_address rem_address st … inode`; the port is in hexadecimal, 0A is LISTEN.
fn listening_inode(table: &str, port: u16) -> Option<String> {
    let wanted = format!(":{port:04X}");
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let listens = fields.get(1)?.ends_with(&wanted) && *fields.get(3)? == "0A";
        listens.then(|| fields.get(9).map(ToString::to_string)).flatten()
    })
}

fn has_open(process: &Path, socket: &str) -> bool {
    let Ok(files) = fs::read_dir(process.join("fd")) else { return false };
    files.flatten().any(|file| fs::read_link(file.path()).is_ok_and(|target| target.as_os_str() == socket))
}

fn command_of(process: &Path) -> String {
    let command = fs::read(process.join("cmdline")).unwrap_or_default();
    let words = String::from_utf8_lossy(&command).replace('\0', " ");
    match words.trim().char_indices().nth(80) {
        Some((end, _)) => format!("{} …", words.trim().get(..end).unwrap_or_default()),
        None => words.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holder_of_a_port_is_named() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(!is_free(port));
        assert_eq!(holder(port).unwrap().pid, std::process::id());
    }

    #[test]
    fn the_word_on_a_taken_port_says_who_has_it_and_what_to_do() {
        let holder = Some(Holder { pid: 7, command: "python3 -m http.server".to_owned() });
        let taken = Taken { port: 8080, wanted_for: "nginx".to_owned(), holder };
        assert_eq!(
            taken.to_string(),
            "port 8080, which nginx needs, is taken by process 7 (python3 -m http.server); stop it, or choose \
             another port: cargo xtask up --port 8081",
        );
    }

    #[test]
    fn only_listening_sockets_count() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
                     0: 0100007F:1F90 00000000:0000 01 00000000:00000000 00:00000000 00000000     0        0 111 1\n   \
                     1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 222 1\n";
        assert_eq!(listening_inode(table, 8080).as_deref(), Some("222"));
        assert_eq!(listening_inode(table, 8081), None);
    }
}
