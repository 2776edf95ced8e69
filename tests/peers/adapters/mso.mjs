// Our own system: the real server, and phones in Rust. What sets cases up are the phones of the tests (`mso-phone`, its verbs
// are in android/README.md); what is measured runs in `mso-chat-peer`, whose lines are in README.md.
//
// A phone can read a chat only from the message on that follows its user's admission. So the reader of the workloads is an
// expert who was admitted to every chat before its messages were written, and whose store was laid aside then.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { caseCount, cases, random, text } from "../data.mjs";
import { Program, sleep } from "../program.mjs";

const run = promisify(execFile);
const password = "demo-password-1";
// The folder of the release build.
const built = (name) => join(process.env.MSO_BUILT ?? "target/release", name);
const addressOf = (port) => `http://127.0.0.1:${port}`;

export const mso = {
    name: "mso",

    async startServer(folder) {
        mkdirSync(folder, { recursive: true });
        const addressFile = join(folder, "address");
        rmSync(addressFile, { force: true });
        const log = openSync(join(folder, "server.log"), "a");
        const words = ["serve", "--demo", "--listen", "127.0.0.1:0", "--data", folder, "--address-file", addressFile];
        const { DATABASE_URL: _, ...env } = process.env;
        const child = spawn(built("mso"), words, { stdio: ["ignore", log, log], env });
        let hasEnded = false;
        const ended = once(child, "exit")
            .catch((error) => console.error(error))
            .finally(() => (hasEnded = true));
        const interrupt = () => child.kill("SIGINT");
        process.once("exit", interrupt);
        const address = () => existsSync(addressFile) && readFileSync(addressFile, "utf8").trim();
        for (let tries = 3000; !address(); tries--) {
            if (hasEnded || tries === 0) throw new Error(`the server did not start; see ${folder}/server.log`);
            await sleep(20);
        }
        return {
            port: Number(new URL(address()).port),
            process: child.pid,
            folder,
            // Waits until its PostgreSQL has ended, so that the folder can be copied.
            async stop() {
                process.off("exit", interrupt);
                if (!hasEnded) interrupt();
                await ended;
            },
        };
    },

    startClient: () => new Program([built("mso-chat-peer")]),

    async seed({ server, folder }) {
        const stage = await Stage.set(server, folder);
        const { requester, expert } = await stage.pair("writer", "reader");
        const all = cases();
        const numbers = all.map(({ index }) => index);
        const chats = await begin(stage, requester, expert, numbers);
        await expert.end();
        await copy(expert.folder, join(folder, "reader"));
        // Ten messages in each case at a time, so that a round of sync has a day's worth.
        for (let from = 0; from < all[0].messages.length; from += 10) {
            for (const { index, messages } of all) {
                for (const message of messages.slice(from, from + 10)) {
                    await requester.ask("write_message", { case_id: chats[index], text: message.text });
                }
            }
            await requester.sendAll(chats);
        }
        await requester.end();
        await copy(requester.folder, join(folder, "writer"));
        writeFileSync(join(folder, "chats.json"), JSON.stringify(chats));
    },

    // The store that the role begins with, and which chat is of which case.
    async place(role, folder, kept) {
        const store = join(folder, "store");
        if (!existsSync(store)) await copy(join(kept, role), folder);
        return { folder: store, cases: JSON.parse(readFileSync(join(kept, "chats.json"), "utf8")) };
    },

    // Two phones for each pair, with an open chat.
    async seedPairs({ server, folder, count }) {
        const stage = await Stage.set(server, folder);
        const chats = [];
        for (let number = 0; number < count; number++) {
            const { requester, expert } = await stage.pair(`a-${number}`, `b-${number}`);
            chats.push(...(await begin(stage, requester, expert, [number])));
            await requester.end();
            await expert.end();
            await copy(requester.folder, join(folder, "a", String(number)));
            await copy(expert.folder, join(folder, "b", String(number)));
        }
        writeFileSync(join(folder, "chats.json"), JSON.stringify(chats));
    },

    async placePairs(side, folder, count, kept) {
        const chats = JSON.parse(readFileSync(join(kept, "chats.json"), "utf8")).slice(0, count);
        const stores = [];
        for (const number of chats.keys()) {
            const own = join(folder, side, String(number));
            await copy(join(kept, side, String(number)), own);
            stores.push(join(own, "store"));
        }
        return { stores, cases: chats };
    },
};

// With its owners: PostgreSQL accepts no cluster of somebody else's.
async function copy(from, to) {
    mkdirSync(join(to, ".."), { recursive: true });
    await run("cp", ["-a", from, to]);
}

// Users of an institution, and an admin who assigns.
class Stage {
    #server;
    #folder;
    #institution;
    #token;

    static async set(server, folder) {
        const stage = new Stage();
        stage.#server = server;
        stage.#folder = join(folder, "phones");
        stage.#institution = await stage.#admin(
            "create-institution",
            ...["--name", "Bench Hospital", "--registration-number", "B-1", "--country", "DE"],
        );
        const grant = await stage.#post("/v1/sessions", { email: "admin@demo.example", password });
        stage.#token = grant.access_token;
        return stage;
    }

    // A requester and an expert, each with a signed-in phone.
    async pair(requesterName, expertName) {
        const person = (name) => ["--email", `${name}@bench.example`, "--name", `Dr ${name}`];
        const licence = ["--licence", expertName, "--licence-authority", "Bench Council", "--licence-country", "DE"];
        const valid = ["--licence-from", "2020-01-01", "--licence-to", "2040-01-01"];
        await this.#admin("create-requester", "--institution", this.#institution, ...person(requesterName));
        const able = ["--specialty", "cardiology", "--max-open", String(caseCount), ...licence, ...valid];
        const provider = await this.#admin("create-provider", ...person(expertName), ...able);
        const requester = await this.#phone(requesterName);
        const expert = await this.#phone(expertName);
        return { requester, expert: Object.assign(expert, { provider }) };
    }

    async assign(caseId, provider) {
        const payload = { case_id: caseId, assignment_id: newId(), provider_id: provider };
        const command = { command_id: newId(), type: "assign_case", payload, issued_at: new Date().toISOString() };
        await this.#post("/v1/commands", command);
    }

    async #phone(name) {
        const phone = new Phone(this.#server, join(this.#folder, name), name);
        await phone.ask("open");
        await phone.ask("sign_in", { email: `${name}@bench.example`, password });
        await phone.ask("sync");
        return phone;
    }

    async #admin(...words) {
        const env = { ...process.env, MSO_PASSWORD: password };
        delete env.DATABASE_URL;
        const { stdout } = await run(built("mso"), ["admin", "--data", this.#server.folder, ...words], { env });
        return stdout.split("\t")[0].trim();
    }

    async #post(path, body) {
        const authorization = this.#token && { authorization: `Bearer ${this.#token}` };
        const answer = await fetch(`${addressOf(this.#server.port)}${path}`, {
            method: "POST",
            headers: { "content-type": "application/json", ...authorization },
            body: JSON.stringify(body),
        });
        const said = await answer.text();
        if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${said}`);
        return JSON.parse(said);
    }
}

class Phone {
    #program;
    folder;

    constructor(server, folder, name) {
        this.folder = folder;
        mkdirSync(folder, { recursive: true });
        this.#program = new Program([built("mso-phone")], {
            MSO_SERVER: addressOf(server.port),
            MSO_STORE: join(folder, "store"),
            MSO_DEVICE_NAME: name,
        });
    }

    ask = (verb, request) => this.#program.ask(verb, request);

    // Syncs until no message of these chats waits.
    async sendAll(chats) {
        for (const case_id of chats) {
            for (let tries = 100; ; tries--) {
                const { messages } = await this.ask("messages", { case_id });
                if (messages.every(({ state }) => state === "sent" || state === "read")) break;
                if (tries === 0) throw new Error(`a message is ${messages[0].state}`);
                await this.ask("sync");
            }
        }
    }

    async end() {
        await this.ask("quit");
        await this.#program.kill();
    }
}

// Cases with these numbers, accepted by the expert, who is admitted to their chats.
async function begin(stage, requester, expert, numbers) {
    const { patient_id } = await requester.ask("create_patient", patient(numbers[0]));
    await requester.ask("verify_patient", { patient_id, method: "document_seen" });
    const chats = [];
    for (const number of numbers) {
        const { case_id } = await requester.ask("submit_case", request(patient_id, number));
        chats.push(case_id);
    }
    await settle(requester);
    for (const case_id of chats) await stage.assign(case_id, expert.provider);
    await settle(expert);
    for (const case_id of chats) await expert.ask("accept", { case_id });
    await settle(expert);
    await settle(requester);
    for (const case_id of chats) {
        const { expert: user_id } = await requester.ask("chat", { case_id });
        await requester.ask("admit_expert", { case_id, user_id });
    }
    await settle(requester);
    await open(requester, chats);
    await settle(expert);
    return chats;
}

// Syncs until nothing waits, and once more for what the answers brought about.
async function settle(phone) {
    for (let tries = 100; ; tries--) {
        await phone.ask("sync");
        if ((await phone.ask("status")).pending_commands === 0) break;
        if (tries === 0) throw new Error("a command is not answered");
    }
    await phone.ask("sync");
}

// One sync looks at some of the chats only.
async function open(phone, chats) {
    for (const case_id of chats) {
        for (let tries = 100; (await phone.ask("chat", { case_id })).state !== "open"; tries--) {
            if (tries === 0) throw new Error("the expert was not admitted");
            await phone.ask("sync");
        }
    }
}

// Each looks like nobody else.
const patient = (number) => ({
    family_name: `Haddad ${text(random(number), 12).replace(/[^a-z]/g, "")}`,
    given_name: "Amal",
    birth_date: `${1930 + number}-04-17`,
    sex: "female",
    identifiers: [{ kind: "national_id", issuer: "DE", number: `T-${number}` }],
    preferred_language: "de",
});

const request = (patient_id, number) => ({
    patient_id,
    specialty: "cardiology",
    urgency: "routine",
    clinical_question: `Is an operation needed? ${text(random(number), 40)}`,
    present_illness: "Dyspnoea on exertion for three months.",
    consent_kind: "written",
    consent_obtained_by: "Dr Weber",
    consent_obtained_at: "2026-01-05T09:00:00Z",
    documents: [],
});

// UUIDv7, as the system's ids are.
function newId() {
    const time = Date.now().toString(16).padStart(12, "0");
    const drawn = crypto.randomUUID();
    return `${time.slice(0, 8)}-${time.slice(8)}-7${drawn.slice(15)}`;
}
