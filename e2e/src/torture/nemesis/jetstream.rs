//! What can happen to JetStream's files and consumers.

use std::{
    fs::{self, OpenOptions},
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

use futures::TryStreamExt as _;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};

use crate::torture::fleet::Fleet;

/// How many bits are flipped.
const FLIPS: usize = 4;
/// How large the disk of JetStream is.
const DISK: &str = "size=1g";
const FILLER: &str = "filler";

/// Gives JetStream a disk of its own, so that it can be full while nothing else is. Needs root.
pub fn mount_disk(dir: &Path) -> bool {
    fs::create_dir_all(dir).expect("make JetStream's directory");
    let mount =
        Command::new("mount").args(["-t", "tmpfs", "-o", DISK, "stagedoor-torture"]).arg(dir).status();
    mount.is_ok_and(|status| status.success())
}

/// Takes it away again.
pub fn unmount_disk(dir: &Path) {
    // Lazily: a server that was killed a moment ago may still hold a file.
    let _ = Command::new("umount").arg("-l").arg(dir).status();
}

/// Deletes everything. JetStream must not run.
pub fn wipe(fleet: &Fleet) {
    empty(&fleet.jetstream_dir());
}

/// Keeps a copy of everything. JetStream must not run.
pub fn copy(fleet: &Fleet) {
    let (from, to) = (fleet.jetstream_dir(), copy_of(fleet));
    let _ = fs::remove_dir_all(&to);
    copy_files(&from, &to);
}

/// Puts the copy in the place of everything. JetStream must not run.
pub fn put_back(fleet: &Fleet) {
    let (from, to) = (copy_of(fleet), fleet.jetstream_dir());
    empty(&to);
    copy_files(&from, &to);
}

fn copy_of(fleet: &Fleet) -> PathBuf {
    fleet.dir.join("jetstream-copy")
}

fn empty(dir: &Path) {
    for entry in fs::read_dir(dir).expect("read JetStream's directory").flatten() {
        let path = entry.path();
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.expect("delete JetStream's files");
    }
}

fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("make a directory");
    for entry in fs::read_dir(from).expect("read a directory").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_files(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).expect("copy a file");
        }
    }
}

/// Changes some bits in the messages of one stream. JetStream must not run.
pub fn flip_bits(fleet: &Fleet, seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut blocks = Vec::new();
    find_blocks(&fleet.jetstream_dir(), &mut blocks);
    let Some(block) = blocks.choose(&mut random) else { return };
    let mut file = OpenOptions::new().read(true).write(true).open(block).expect("open a block");
    let length = file.metadata().expect("read a block").len();
    for _ in 0..FLIPS {
        let place = SeekFrom::Start(random.random_range(0..length));
        let mut byte = [0];
        file.seek(place).expect("seek in a block");
        file.read_exact(&mut byte).expect("read a block");
        byte[0] ^= 1 << random.random_range(0..8);
        file.seek(place).expect("seek in a block");
        file.write_all(&byte).expect("write a block");
    }
}

fn find_blocks(dir: &Path, blocks: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            find_blocks(&path, blocks);
        } else if path.extension().is_some_and(|ending| ending == "blk")
            && entry.metadata().is_ok_and(|meta| meta.len() > 0)
        {
            blocks.push(path);
        }
    }
}

/// Fills JetStream's disk to the last byte.
pub fn fill_disk(fleet: &Fleet) {
    if !fleet.has_own_disk {
        return;
    }
    let file = OpenOptions::new().create(true).append(true).open(fleet.jetstream_dir().join(FILLER));
    let Ok(mut file) = file else { return };
    for bytes in [1 << 20, 1 << 12, 1] {
        let chunk = vec![0; bytes];
        while file.write_all(&chunk).is_ok() {}
    }
}

/// Makes room again.
pub fn free_disk(fleet: &Fleet) {
    let _ = fs::remove_file(fleet.jetstream_dir().join(FILLER));
}

/// Deletes one durable consumer of a stream, as a hand that slipped would.
pub async fn delete_consumer(fleet: &Fleet, stream: &str, which: usize) {
    let Ok(client) = async_nats::connect(xtask::servers::nats::url(fleet.links.nats_port)).await else {
        return;
    };
    let Ok(stream) = async_nats::jetstream::new(client).get_stream(stream).await else { return };
    let names: Vec<String> = stream.consumer_names().try_collect().await.unwrap_or_default();
    if !names.is_empty() {
        let _ = stream.delete_consumer(&names[which % names.len()]).await;
    }
}
