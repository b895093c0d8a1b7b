// The contract: what commands, events and refusals there are, and what shapes answers have.

import { readFileSync } from 'node:fs';

import Ajv from 'ajv/dist/2020.js';

const read = (path) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

export const contract = JSON.parse(read('contract/schema/rialto.v1.json'));

/** Every error code of the reference, and the status it has over HTTP. */
export const codes = new Map(
  [...read('docs/reference.md').matchAll(/^\| `([a-z_]+\.[a-z_]+)` \| (\d{3}) \|/gm)].map(([, code, status]) => [code, Number(status)]),
);

const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true }).addSchema(contract, 'rialto');

const judges = new Map();
function judge(pointer) {
  if (!judges.has(pointer)) judges.set(pointer, ajv.compile({ $ref: `rialto#${pointer}` }));
  return judges.get(pointer);
}

function check(pointer, value, what) {
  const isRight = judge(pointer);
  if (!isRight(value)) throw new Error(`${what} is not what the contract promises: ${ajv.errorsText(isRight.errors)}\n${JSON.stringify(value)}`);
}

export const checkResult = (command, value) => check(`/commands/${command}/result`, value, `the result of ${command}`);
export const checkEvent = (event, value) => check(`/events/${event}/data`, value, `the event ${event}`);
export const checkRefusal = (value) => check('/error', value, 'the refusal');
