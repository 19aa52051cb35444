// better-auth over Node's HTTP server and better-sqlite3, with what the bench asks: e-mail and password,
// lists for administrators. BENCH_PORT, BENCH_DATABASE; with BENCH_FILL=N it makes so many users of
// BENCH_PASSWORD first, all with one hash, since a thousand of them would take minutes.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { hash, verify } from "@node-rs/argon2";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { admin } from "better-auth/plugins";
import Database from "better-sqlite3";

const port = Number(process.env.BENCH_PORT);
const database = new Database(process.env.BENCH_DATABASE);
database.pragma("journal_mode = WAL");
database.pragma("synchronous = FULL");

// As Latchkey has it: argon2id, 19 MiB, 2 passes, 1 lane. Its default is scrypt.
const cost = { algorithm: 2, memoryCost: 19456, timeCost: 2, parallelism: 1 };
const options = {
  baseURL: `http://127.0.0.1:${port}`,
  secret: "a secret of the bench with more than thirty-two bytes",
  database,
  emailAndPassword: {
    enabled: true,
    password: {
      hash: (password) => hash(password, cost),
      verify: ({ hash: kept, password }) => verify(kept, password),
    },
  },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { level: "error" },
  plugins: [admin()],
};

await (await getMigrations(options)).runMigrations();
const auth = betterAuth(options);

async function fill(count, password) {
  const body = { name: "user0001", email: "user0001@example.com", password };
  const first = (await auth.api.signUpEmail({ body })).user.id;
  database.prepare(`UPDATE "user" SET role = 'admin' WHERE id = ?`).run(first);
  const copy = (table, row) => {
    const names = Object.keys(row);
    const places = names.map(() => "?").join(", ");
    const columns = names.map((name) => `"${name}"`).join(", ");
    database.prepare(`INSERT INTO "${table}" (${columns}) VALUES (${places})`).run(...names.map((name) => row[name]));
  };
  const user = database.prepare(`SELECT * FROM "user" WHERE id = ?`).get(first);
  const account = database.prepare(`SELECT * FROM "account" WHERE "userId" = ?`).get(first);
  database.transaction(() => {
    for (let number = 2; number <= count; number++) {
      const name = `user${String(number).padStart(4, "0")}`;
      const id = randomUUID();
      copy("user", { ...user, id, name, email: `${name}@example.com`, role: "user" });
      copy("account", { ...account, id: randomUUID(), userId: id, accountId: id });
    }
  })();
}

if (process.env.BENCH_FILL) {
  await fill(Number(process.env.BENCH_FILL), process.env.BENCH_PASSWORD);
  process.exit(0);
}
createServer(toNodeHandler(auth)).listen(port, "127.0.0.1");
