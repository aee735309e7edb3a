//! Whether the servers let everybody in, as on a developer's machine, or ask who he is, as in the cluster: with the
//! users, keys and permissions under `infra`, and the secrets of the overlay `dev`.

use std::{
    fs::{self, OpenOptions, Permissions},
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use bson::{Document, doc};
use mongodb::Client;
use xtask::{
    provision::Tools,
    servers::{self, Ports, Specs},
    workspace::{Workspace, make_dir},
};

use super::Service;

/// Looks after the cluster; may do everything.
pub const OPERATOR: &str = "operator";

/// How one gets into the servers.
#[derive(Debug, Clone)]
pub enum Doors {
    /// Nobody is asked.
    Open,
    /// Everybody is.
    Guarded(Guards),
}

impl Doors {
    /// How to start the servers.
    pub(super) fn specs(&self, tools: &Tools, dir: &Path, ports: Ports) -> Result<Specs> {
        let specs = Specs::new(tools, dir, ports)?;
        match self {
            Self::Open => Ok(specs),
            Self::Guarded(guards) => guards.guard(specs, dir),
        }
    }

    /// Lets in who is to be let in, once the servers run.
    pub(super) async fn prepare(&self, ports: Ports) -> Result<()> {
        match self {
            Self::Open => Ok(()),
            Self::Guarded(guards) => guards.make_users(ports).await,
        }
    }

    /// What a service is told about the servers.
    pub(super) fn told(&self, service: Service, ports: Ports) -> Result<Vec<(String, String)>> {
        match self {
            Self::Open => Ok(servers::environment(ports)),
            Self::Guarded(guards) => guards.told(service, ports),
        }
    }

    /// How all databases are reached.
    pub(super) fn mongodb_uri(&self, ports: Ports) -> Result<String> {
        match self {
            Self::Open => Ok(servers::mongo::uri(ports.mongodb)),
            Self::Guarded(guards) => guards.mongodb_uri(OPERATOR, ports),
        }
    }
}

/// Who is let in, as `infra` says.
#[derive(Debug, Clone)]
pub struct Guards {
    infra: PathBuf,
}

impl Guards {
    /// Those of the cluster.
    pub fn of_the_cluster() -> Self {
        Self { infra: Workspace::here().root().join("infra") }
    }

    /// A secret of the overlay `dev`.
    pub fn secret(&self, name: &str) -> Result<String> {
        let file = self.infra.join("k8s/overlays/dev/secrets").join(name);
        let text = fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))?;
        Ok(text.trim().to_owned())
    }

    /// The private key of a user of NATS.
    pub fn nkey_seed(&self, user: &str) -> Result<String> {
        self.secret(&format!("{user}.nkey_seed"))
    }

    /// How a user of MongoDB reaches it.
    pub fn mongodb_uri(&self, user: &str, ports: Ports) -> Result<String> {
        let password = self.secret(&format!("{user}.mongodb_password"))?;
        let port = ports.mongodb;
        Ok(format!("mongodb://{user}:{password}@127.0.0.1:{port}/?replicaSet=stagedoor&authSource=admin"))
    }

    fn told(&self, service: Service, ports: Ports) -> Result<Vec<(String, String)>> {
        let name = service.name();
        let here = |url: String, there: &str, port: u16| url.replace(there, &format!("127.0.0.1:{port}"));
        let mongodb =
            here(self.secret(&format!("{name}.mongodb_uri"))?, "mongodb-0.mongodb:27017", ports.mongodb);
        let mut told = vec![
            ("MONGODB_URI".to_owned(), mongodb),
            ("NATS_URL".to_owned(), servers::nats::url(ports.nats)),
            ("NATS_NKEY_SEED".to_owned(), self.nkey_seed(name)?),
        ];
        if service == Service::Expiration {
            let redis = here(self.secret("expiration.redis_url")?, "redis:6379", ports.redis);
            told.push(("REDIS_URL".to_owned(), redis));
        }
        Ok(told)
    }

    fn guard(&self, mut specs: Specs, dir: &Path) -> Result<Specs> {
        make_dir(dir)?;
        let key = dir.join("keyfile");
        fs::write(&key, self.secret("mongodb.keyfile")?).context("write the key of the members")?;
        fs::set_permissions(&key, Permissions::from_mode(0o600)).context("keep the key from others")?;
        specs.mongodb.args.push(format!("--keyFile={}", key.display()));

        let permissions = "authorization.conf";
        fs::copy(self.infra.join("nats").join(permissions), dir.join(permissions))
            .context("copy the permissions of NATS")?;
        let mut config = OpenOptions::new().append(true).open(dir.join("nats.conf"))?;
        writeln!(config, "include \"{permissions}\"").context("include the permissions of NATS")?;
        let keys = fs::read_to_string(self.infra.join("k8s/overlays/dev/nats-users.env"))?;
        let keys = keys.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
        specs.nats.env.extend(keys.map(|(name, key)| (name.to_owned(), key.to_owned())));

        let users = self.infra.join("k8s/overlays/dev/secrets/redis.users.acl");
        specs.redis.args.extend(["--aclfile".to_owned(), users.display().to_string()]);
        Ok(specs)
    }

    /// The users that `infra/mongodb/setup.js` makes, in the same way: as one of the members.
    async fn make_users(&self, ports: Ports) -> Result<()> {
        let setup = fs::read_to_string(self.infra.join("mongodb/setup.js")).context("read setup.js")?;
        for roles in ["[{ role: 'readWrite', db: name }]", "operator: [{ role: 'root', db: 'admin' }]"] {
            ensure!(setup.contains(roles), "setup.js grants other roles than these: {roles}");
        }
        let key = self.secret("mongodb.keyfile")?;
        let key: String = key.split_whitespace().collect();
        let key = key.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        let port = ports.mongodb;
        let member =
            format!("mongodb://__system:{key}@127.0.0.1:{port}/?directConnection=true&authSource=local");
        let admin = Client::with_uri_str(member).await?.database("admin");
        let of_services =
            Service::ALL.map(|service| (service.name(), doc! { "role": "readWrite", "db": service.name() }));
        let users = of_services.into_iter().chain([(OPERATOR, doc! { "role": "root", "db": "admin" })]);
        for (name, role) in users {
            let password = self.secret(&format!("{name}.mongodb_password"))?;
            let made: Document = doc! { "createUser": name, "pwd": password, "roles": [role] };
            admin.run_command(made).await.with_context(|| format!("make the user {name}"))?;
        }
        Ok(())
    }
}
