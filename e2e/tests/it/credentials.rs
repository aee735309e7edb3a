//! Each service gets along with its own credentials, as the cluster gives them out, and is refused everything else.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_nats::{Client, ConnectOptions, Event};
use bson::{Document, doc};
use common::events::order::OrderStatus;
use e2e::market::{Guards, Market, Service, card, on_a_guarded_market, until};
use mongodb::error::ErrorKind;

/// MongoDB's word for it.
const UNAUTHORIZED: i32 = 13;

#[test]
fn a_ticket_is_bought_with_every_service_under_its_own_name() {
    on_a_guarded_market(async |market| {
        let (seller, buyer) = market.two_people().await;
        let listing = market.list_seats(&seller, 2, 5_000).await;
        let order = buyer.place_order(&listing, 2).await;
        buyer.pay(&order, card::VISA).await;
        market.until_order_is(&order, OrderStatus::Completed).await;
        until("a pass", async || {
            let passes = buyer.passes_of(&order).await?;
            if passes.len() == 2 { Ok(()) } else { Err(format!("{passes:?}")) }
        })
        .await;
    });
}

#[test]
fn an_order_expires_without_redis_refusing_anything() {
    on_a_guarded_market(async |market| {
        let (seller, buyer) = market.two_people().await;
        let listing = market.list_seats(&seller, 2, 5_000).await;
        let order = buyer.place_order(&listing, 2).await;
        market.until_order_is_within(Duration::from_mins(1), &order, OrderStatus::Expired).await;
        // What Redis refuses is done without it, so that only the count and the log tell.
        let log = std::fs::read_to_string(market.machinery.dir().join("expiration.log")).unwrap();
        let complaints: Vec<&str> =
            log.lines().filter(|line| line.contains("Redis") || line.contains("index")).collect();
        let counts = market.machinery.metrics(Service::Expiration).await;
        let outages = counts.lines().find(|line| line.starts_with("expiration_index_outages_total"));
        assert!(outages.is_none_or(|line| line.ends_with(" 0")), "{outages:?}: {complaints:#?}");
        assert!(!complaints.iter().any(|line| line.contains("WARN")), "{complaints:#?}");
    });
}

#[test]
fn nobody_says_on_nats_what_is_anothers_or_hears_what_is_not_for_him() {
    on_a_guarded_market(async |market| {
        for service in Service::ALL {
            let (own, user) = (service.name(), NatsUser::connect(market, service).await);
            let stream = own.to_uppercase();
            let other = Service::ALL.into_iter().find(|other| *other != service).unwrap().name();
            let others_fact = match service {
                Service::Auth => "orders.order.completed.v1.x",
                _ => "auth.signing_key.changed.v1.x",
            };
            for subject in [
                others_fact.to_owned(),
                format!("{own}.made_up.fact.v1.x"),
                format!("dlq.{other}-made-up"),
                format!("$JS.API.STREAM.DELETE.{stream}"),
                format!("$JS.API.STREAM.PURGE.{stream}"),
                format!("$JS.API.STREAM.UPDATE.{stream}"),
                format!("$JS.API.STREAM.MSG.GET.{stream}"),
                format!("$JS.API.STREAM.MSG.DELETE.{stream}"),
                "$JS.API.CONSUMER.CREATE.ORDERS".to_owned(),
                format!("$JS.API.CONSUMER.LIST.{}", other.to_uppercase()),
                format!("$JS.API.CONSUMER.CREATE.ORDERS.{own}-made-up.orders.>"),
                format!("$JS.API.CONSUMER.MSG.NEXT.AUTH.{other}-keep-ended-session-on-session-revoked"),
                format!("$JS.API.CONSUMER.DELETE.AUTH.{own}-keep-ended-session-on-session-revoked"),
                format!("_INBOX_{other}.x"),
            ] {
                user.may_not_publish(&subject).await;
            }
            user.may_ask(&format!("$JS.API.CONSUMER.LIST.{stream}")).await;
            for subject in
                [format!("{other}.>"), ">".to_owned(), "_INBOX.>".to_owned(), format!("_INBOX_{other}.>")]
            {
                user.may_not_subscribe(&subject).await;
            }
        }
    });
}

#[test]
fn nobody_gets_into_nats_without_a_key() {
    on_a_guarded_market(async |market| {
        let url = xtask::servers::nats::url(market.machinery.ports().servers.nats);
        assert!(async_nats::connect(&url).await.is_err());
        let stranger = "SUANQDPB2RUOE4ETUA26CNX7FUKE5ZZKFCQIIW63OX225F2CO7UEXTM7ZY".to_owned();
        assert!(ConnectOptions::with_nkey(stranger).connect(&url).await.is_err());
    });
}

#[test]
fn nobody_gets_into_the_database_of_another() {
    on_a_guarded_market(async |market| {
        let guards = Guards::of_the_cluster();
        for service in Service::ALL {
            let uri = guards.mongodb_uri(service.name(), market.machinery.ports().servers).unwrap();
            let client = mongodb::Client::with_uri_str(uri).await.unwrap();
            client.database(service.name()).run_command(doc! { "listCollections": 1 }).await.unwrap();
            let others = Service::ALL.into_iter().filter(|other| *other != service).map(Service::name);
            for database in others.chain(["admin", "local", "config"]) {
                for command in [
                    doc! { "find": "users" },
                    doc! { "insert": "users", "documents": [{ "_id": "x" }] },
                    doc! { "dropDatabase": 1 },
                ] {
                    is_unauthorized(&client, database, command).await;
                }
            }
            is_unauthorized(&client, "admin", doc! { "shutdown": 1 }).await;
            is_unauthorized(&client, "admin", doc! { "replSetStepDown": 1 }).await;
            is_unauthorized(&client, service.name(), doc! { "createUser": "x", "pwd": "x", "roles": [] })
                .await;
        }
        let nobody = xtask::servers::mongo::uri(market.machinery.ports().servers.mongodb);
        let nobody = mongodb::Client::with_uri_str(nobody).await.unwrap();
        is_unauthorized(&nobody, "auth", doc! { "find": "users" }).await;
    });
}

async fn is_unauthorized(client: &mongodb::Client, database: &str, command: Document) {
    let what = format!("{command} on {database}");
    let error = client.database(database).run_command(command).await.expect_err(&what);
    let ErrorKind::Command(refusal) = &*error.kind else { panic!("{what}: {error}") };
    assert_eq!(refusal.code, UNAUTHORIZED, "{what}: {error}");
}

#[test]
fn expiration_does_with_redis_what_it_needs_and_nobody_else_does_anything() {
    on_a_guarded_market(async |market| {
        let port = market.machinery.ports().servers.redis;
        let url = Guards::of_the_cluster().secret("expiration.redis_url").unwrap();
        let (user, password) = url
            .strip_prefix("redis://")
            .and_then(|rest| rest.split_once('@'))
            .and_then(|(credentials, _)| credentials.split_once(':'))
            .unwrap();
        let sign_in = format!("AUTH {user} {password}");
        let asked =
            ["FLUSHALL", "FLUSHDB", "KEYS *", "CONFIG GET *", "GET others", "SHUTDOWN", "ACL LIST", "SCAN 0"];
        let answers = ask_redis(port, &[&[sign_in.as_str()], asked.as_slice()].concat());
        assert_eq!(answers[0], "+OK");
        let answers_of_nobody = ask_redis(port, &asked);
        for (asked, answer) in asked.iter().zip(&answers[1..]).chain(asked.iter().zip(&answers_of_nobody)) {
            assert!(answer.starts_with("-NOPERM"), "{asked}: {answer}");
        }
        let own = ask_redis(port, &[sign_in.as_str(), "ZCARD {stagedoor:expiration}:x"]);
        assert_eq!(own, ["+OK", ":0"]);
    });
}

/// Sends commands one after another, and gives the line that each is answered with.
fn ask_redis(port: u16, commands: &[&str]) -> Vec<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut answers = BufReader::new(stream.try_clone().unwrap()).lines();
    let ask = |command: &&str| {
        stream.write_all(format!("{command}\r\n").as_bytes()).unwrap();
        answers.next().unwrap().unwrap()
    };
    commands.iter().map(ask).collect()
}

/// A service as NATS sees it, and what NATS has refused it.
struct NatsUser {
    client: Client,
    refused: Arc<Mutex<Vec<String>>>,
}

impl NatsUser {
    async fn connect(market: &Market, service: Service) -> Self {
        let refused = Arc::new(Mutex::new(Vec::new()));
        let seed = Guards::of_the_cluster().nkey_seed(service.name()).unwrap();
        let notes = Arc::clone(&refused);
        let inbox = format!("_INBOX_{}", service.name());
        let options =
            ConnectOptions::with_nkey(seed).custom_inbox_prefix(inbox).event_callback(move |event| {
                if let Event::ServerError(error) = event {
                    notes.lock().unwrap().push(error.to_string());
                }
                std::future::ready(())
            });
        let url = xtask::servers::nats::url(market.machinery.ports().servers.nats);
        let client = options.connect(url).await.expect("connect with the key of a service");
        Self { client, refused }
    }

    #[expect(clippy::disallowed_methods, reason = "what is published here must not arrive")]
    async fn may_not_publish(&self, subject: &str) {
        self.client.publish(subject.to_owned(), "nonsense".into()).await.unwrap();
        self.is_refused("Publish", subject).await;
    }

    async fn may_ask(&self, subject: &str) {
        let answer = self.client.request(subject.to_owned(), "".into()).await;
        let answer = answer.unwrap_or_else(|error| panic!("{subject} is not answered: {error}"));
        assert!(!answer.payload.is_empty(), "{subject}");
    }

    async fn may_not_subscribe(&self, subject: &str) {
        let _subscription = self.client.subscribe(subject.to_owned()).await.unwrap();
        self.is_refused("Subscription", subject).await;
    }

    async fn is_refused(&self, what: &str, subject: &str) {
        self.client.flush().await.unwrap();
        let refusal = format!("permissions violation for {what} to \"{subject}\"").to_lowercase();
        until(&format!("the refusal of {subject}"), async || {
            let refused = self.refused.lock().unwrap();
            let found = refused.iter().any(|error| error.to_lowercase().contains(&refusal));
            if found { Ok(()) } else { Err(format!("{refused:?}")) }
        })
        .await;
    }
}
