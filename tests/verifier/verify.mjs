import { readFile } from "node:fs/promises";
import { checkTranscript } from "./transcript.mjs";
import { checkVectors } from "./vectors.mjs";

const checks = { vectors: checkVectors, transcript: checkTranscript };
const [what, path] = process.argv.slice(2);

if (!checks[what] || !path) {
    console.error("usage: node verify.mjs vectors|transcript FILE");
    process.exit(2);
}
try {
    console.log(JSON.stringify(await checks[what](JSON.parse(await readFile(path, "utf8")))));
} catch (error) {
    const place = error.seq === undefined ? "" : ` at entry ${error.seq}`;
    const detail = error.message && `: ${error.message}`;
    console.error(error.code ? `${error.code}${place}${detail}` : error);
    process.exitCode = 1;
}
