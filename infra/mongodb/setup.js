// Initiates the replica set, adds members that are missing, and makes the users; run by mongosh in the Job
// mongodb-setup. What is there already is left as it is, but for passwords, which become those of the secret.
//
//   MEMBERS   host:port of each member, separated by commas; the first one initiates the set
//   SECRETS   a directory with the file `keyfile`, and a file with the password of each user, named after him
const fs = require('fs');

const members = process.env.MEMBERS.split(',');
const secret = (name) => fs.readFileSync(`${process.env.SECRETS}/${name}`, 'utf8').trim();

// A service may read and write its own database, which includes watching its changes, and nothing else.
const SERVICES = ['auth', 'tickets', 'orders', 'expiration', 'payments'];
const roles = {
  ...Object.fromEntries(SERVICES.map((name) => [name, [{ role: 'readWrite', db: name }]])),
  backup: [{ role: 'backup', db: 'admin' }],
  // For people: dead letters, restores, members that come and go.
  operator: [{ role: 'root', db: 'admin' }],
};

// Whoever has the key file is one of the members; there is nobody else before the first user is made.
const key = encodeURIComponent(secret('keyfile').replace(/\s/g, ''));
const asMember = (hosts, options) => connect(`mongodb://__system:${key}@${hosts}/admin?authSource=local&${options}`);

function waitFor(what, attempt) {
  const deadline = Date.now() + 120_000;
  for (;;) {
    try {
      // Returned from here at once it would be a promise, and what it fails with would not be caught.
      const result = attempt();
      return result;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      print(`waiting for ${what}: ${error.message}`);
    }
    sleep(1_000);
  }
}

for (const host of members) {
  waitFor(host, () => asMember(host, 'directConnection=true&serverSelectionTimeoutMS=2000'));
}

const first = asMember(members[0], 'directConnection=true');
if (!first.hello().setName) {
  const config = { _id: 'stagedoor', members: [{ _id: 0, host: members[0] }] };
  print(`initiate the replica set at ${members[0]}`);
  first.adminCommand({ replSetInitiate: config });
}

const admin = waitFor('a primary', () => {
  const db = asMember(members.join(','), 'replicaSet=stagedoor&serverSelectionTimeoutMS=2000');
  if (!db.hello().isWritablePrimary) throw new Error('nobody is the primary');
  return db;
});

// One at a time, as MongoDB wants it. A new member votes at once, so that it is waited for.
for (const host of members) {
  const { config } = admin.adminCommand({ replSetGetConfig: 1 });
  if (config.members.some((member) => member.host === host)) continue;
  print(`add the member ${host}`);
  config.version += 1;
  config.members.push({ _id: Math.max(...config.members.map((member) => member._id)) + 1, host });
  waitFor('the new configuration', () => admin.adminCommand({ replSetReconfig: config }));
  waitFor(`${host} to catch up`, () => {
    const { members: known } = admin.adminCommand({ replSetGetStatus: 1 });
    const state = known.find((member) => member.name === host)?.stateStr;
    if (state !== 'SECONDARY') throw new Error(`it is ${state}`);
  });
}

for (const [name, granted] of Object.entries(roles)) {
  const user = { pwd: secret(name), roles: granted };
  if (admin.getUser(name)) admin.updateUser(name, user);
  else admin.createUser({ user: name, ...user });
  print(`the user ${name} is as it should be`);
}
