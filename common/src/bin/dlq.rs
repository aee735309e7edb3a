//! `cargo xtask dlq`: looks at the dead letters of all services and asks for another try.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool prints")]

use std::{env, error::Error, process::ExitCode};

use common::{
    bus::{DeadLetter, DeadLetters, OWNERS},
    mongo,
};

const DEFAULT_URI: &str = "mongodb://127.0.0.1:7117/?replicaSet=rs0";
const USAGE: &str = "usage: dlq list | show ID | replay ID | replay --all";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&words).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(words: &[&str]) -> Result<(), Box<dyn Error>> {
    let uri = env::var("MONGODB_URI").unwrap_or_else(|_| DEFAULT_URI.to_owned());
    let mut services = Vec::new();
    for name in OWNERS {
        services.push((name, DeadLetters::new(&mongo::connect(&uri, name).await?)));
    }
    match words {
        ["list"] => list(&services).await,
        ["show", id] => show(&services, id).await,
        ["replay", "--all"] => replay_all(&services).await,
        ["replay", id] => replay(&services, id).await,
        _ => Err(USAGE.into()),
    }
}

type Services = [(&'static str, DeadLetters)];

async fn list(services: &Services) -> Result<(), Box<dyn Error>> {
    let mut count = 0;
    for (service, letters) in services {
        for letter in letters.open().await? {
            println!("{}  {service}  {:?}  {}", letter.id, letter.status, letter.reason);
            count += 1;
        }
    }
    if count == 0 {
        println!("No dead letters: every event that arrived was handled.");
    }
    Ok(())
}

async fn show(services: &Services, id: &str) -> Result<(), Box<dyn Error>> {
    let letter = find(services, id).await?;
    println!("{}", serde_json::to_string_pretty(&letter)?);
    Ok(())
}

async fn replay(services: &Services, id: &str) -> Result<(), Box<dyn Error>> {
    for (service, letters) in services {
        if letters.request_replay(id).await? {
            println!("{id} will be tried again by {service} within a second; `dlq list` shows how it went.");
            return Ok(());
        }
    }
    Err(unknown(id))
}

async fn replay_all(services: &Services) -> Result<(), Box<dyn Error>> {
    let mut count = 0;
    for (_, letters) in services {
        for letter in letters.open().await? {
            letters.request_replay(&letter.id).await?;
            count += 1;
        }
    }
    println!("{count} dead letters will be tried again within a second; `dlq list` shows how it went.");
    Ok(())
}

async fn find(services: &Services, id: &str) -> Result<DeadLetter, Box<dyn Error>> {
    for (_, letters) in services {
        if let Some(letter) = letters.get(id).await? {
            return Ok(letter);
        }
    }
    Err(unknown(id))
}

fn unknown(id: &str) -> Box<dyn Error> {
    format!("there is no open dead letter {id}; `cargo xtask dlq list` shows those that there are").into()
}
