// Writes src/protocol/generated.ts from the server's contract: the types of everything on the wire, and for what
// comes from the server the shapes that check it. One walk writes both, so that a type never promises what its shape
// does not ask; and shapes are plain code, because a page under a strict CSP may not compile a schema at run time.
//
//   npm run generate            writes the file
//   npm run generate -- --check fails when the file is not what the contract says

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const contract = JSON.parse(readFileSync(new URL('../../../../contract/schema/rialto.v1.json', import.meta.url), 'utf8'));
const target = fileURLToPath(new URL('../src/protocol/generated.ts', import.meta.url));

const UUID = '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$';

const nameOf = (ref) => ref.replace('#/$defs/', '');
const isNull = (schema) => schema.type === 'null';
const quoted = (word) => `'${word}'`;
const comment = (text, indent = '') =>
  !text ? '' : text.includes('\n') ? `${indent}/**\n${text.split('\n').map((line) => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n` : `${indent}/** ${text} */\n`;

/** What a schema says besides describing. */
function bare({ description, default: _, format, title, ...rest }) {
  return rest;
}

/** The type and the shape of a schema. `null` stands for absent on this wire, so it is the field's affair. */
function read(schema) {
  const it = bare(schema);
  const keys = Object.keys(it);
  if (keys.length === 1 && it.$ref) return { type: nameOf(it.$ref), shape: `lazy(() => ${nameOf(it.$ref)}Shape)` };
  if (Array.isArray(it.type)) return read({ ...it, type: it.type.find((type) => type !== 'null') });
  if (it.const !== undefined) return { type: quoted(it.const), shape: `word(${quoted(it.const)})` };
  const alternatives = (it.oneOf ?? it.anyOf)?.filter((option) => !isNull(option));
  if (alternatives && keys.length === 1) return readAlternatives(alternatives);
  if (it.$ref || alternatives) {
    const { $ref, oneOf, anyOf, ...own } = it;
    const parts = [own, ...($ref ? [{ $ref }] : []), ...(alternatives ? [{ oneOf: alternatives }] : [])].map(read);
    return { type: parts.map(({ type }) => grouped(type)).join(' & '), shape: `both(${parts.map(({ shape }) => shape).join(', ')})` };
  }
  switch (it.type) {
    case 'string':
      if (it.pattern && it.pattern !== UUID) throw new Error(`a pattern that the generator does not know: ${it.pattern}`);
      return { type: 'string', shape: it.pattern ? 'uuid' : 'text' };
    case 'integer':
      return { type: 'number', shape: it.minimum === 0 ? 'natural' : 'integer' };
    case 'number':
      return { type: 'number', shape: 'float' };
    case 'boolean':
      return { type: 'boolean', shape: 'truth' };
    case 'array': {
      const items = read(it.items);
      return { type: `${grouped(items.type)}[]`, shape: `list(${items.shape})` };
    }
    case 'object':
      return readObject(it);
    default:
      throw new Error(`a schema that the generator does not know: ${JSON.stringify(schema)}`);
  }
}

const grouped = (type) => (/[|&]/.test(type) && !/^[{(][^]*[})]$/.test(type) ? `(${type})` : type);

function readAlternatives(options) {
  if (options.every((option) => option.const !== undefined)) {
    const words = options.map((option) => quoted(option.const));
    return { type: words.join(' | '), shape: `word(${words.join(', ')})` };
  }
  const tag = tagOf(options);
  if (options.length === 1 && !tag) return read(options[0]);
  const parts = options.map(read);
  if (!tag) return { type: parts.map(({ type }) => type).join(' | '), shape: `either(${parts.map(({ shape }) => shape).join(', ')})` };
  // A newer server may know kinds that this client does not; they take their place, and mean nothing here.
  const cases = options.map((option, place) => `${option.properties[tag].const}: ${parts[place].shape}`);
  return {
    type: `(${[...parts.map(({ type }) => type), `{ ${tag}: 'unknown' }`].map((type) => `\n  | ${type.replaceAll('\n', '\n    ')}`).join('')}\n)`,
    shape: `tagged(${quoted(tag)}, { ${cases.join(', ')} })`,
  };
}

/** The field by whose word alternatives are told apart. */
function tagOf(options) {
  const constants = (option) => Object.entries(option.properties ?? {}).filter(([, it]) => it.const !== undefined).map(([key]) => key);
  return constants(options[0]).find((key) => options.every((option) => constants(option).includes(key)));
}

function readObject({ properties = {}, required = [], patternProperties, additionalProperties }) {
  const values = patternProperties ? Object.values(patternProperties)[0] : typeof additionalProperties === 'object' ? additionalProperties : undefined;
  if (values) {
    const { type, shape } = read(values);
    return { type: `Record<string, ${type}>`, shape: `map(${shape})` };
  }
  const fields = Object.entries(properties).map(([name, schema]) => ({ name, isRequired: required.includes(name), about: schema.description, ...read(schema) }));
  const typed = fields.map(({ name, isRequired, about, type }) => `${comment(about, '  ')}  ${name}${isRequired ? '' : '?'}: ${type.replaceAll('\n', '\n  ')};\n`);
  const shaped = fields.map(({ name, isRequired, shape }) => `${name}: ${isRequired ? shape : `optional(${shape})`}`);
  return {
    type: fields.length === 0 ? 'Record<string, never>' : `{\n${typed.join('')}}`,
    shape: `object({ ${shaped.join(', ')} })`,
  };
}

/** The definitions that a schema leads to, itself included when it is one. */
function reach(schema, found = new Set()) {
  if (Array.isArray(schema)) schema.forEach((it) => reach(it, found));
  else if (schema && typeof schema === 'object') {
    if (schema.$ref && !found.has(nameOf(schema.$ref))) {
      found.add(nameOf(schema.$ref));
      reach(contract.$defs[nameOf(schema.$ref)], found);
    }
    Object.values(schema).forEach((it) => reach(it, found));
  }
  return found;
}

function write() {
  const { $defs, commands, events, error } = contract;
  const fromServer = reach([Object.values(commands).map(({ result }) => result), Object.values(events).map(({ data }) => data), error]);
  const onWire = reach([Object.values(commands), Object.values(events), error]);
  const definitions = Object.entries($defs)
    .filter(([name]) => onWire.has(name))
    .map(([name, schema]) => ({ name, about: schema.description, isChecked: fromServer.has(name), ...read(schema) }));
  const used = (combinators, text) => combinators.filter((name) => new RegExp(`\\b${name}\\b`).test(text));

  const types = definitions.map(({ name, about, type }) => `${comment(about)}export type ${name} = ${type};\n`);
  const shapes = definitions.filter(({ isChecked }) => isChecked).map(({ name, shape }) => `const ${name}Shape: Shape<${name}> = ${shape};\n`);
  const table = (entries, field) => Object.entries(entries).map(([name, it]) => `${comment(it.description, '  ')}  '${name}': ${read(it[field]).type};\n`).join('');
  const shapeTable = (entries, field) => Object.entries(entries).map(([name, it]) => `  '${name}': ${nameOf(it[field].$ref)}Shape,\n`).join('');
  const early = Object.entries(commands).filter(([, it]) => it.before_hello).map(([name]) => quoted(name));
  const body = `${types.join('\n')}
/** The data of each command. */
export interface CommandData {
${table(commands, 'data')}}

/** The result of each command. */
export interface CommandResults {
${table(commands, 'result')}}

/** The data of each event. */
export interface EventData {
${table(events, 'data')}}

/** The commands that may be sent before hello. */
export type EarlyCommand = ${early.join(' | ')};

${shapes.join('')}
export const resultShapes: { [C in keyof CommandResults]: Shape<CommandResults[C]> } = {
${shapeTable(commands, 'result')}};

export const eventShapes: { [E in keyof EventData]: Shape<EventData[E]> } = {
${shapeTable(events, 'data')}};

export const errorShape: Shape<${nameOf(error.$ref)}> = ${nameOf(error.$ref)}Shape;
`;
  const imports = used(['both', 'either', 'float', 'integer', 'lazy', 'list', 'map', 'natural', 'object', 'optional', 'tagged', 'text', 'truth', 'uuid', 'word'], shapes.join(''));
  return `// Written by scripts/generate.mjs from contract/schema/rialto.v1.json; do not edit.\n\nimport { ${imports.join(', ')}, type Shape } from './shape.ts';\n\n${body}`;
}

const written = write();
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== written) {
    console.error('src/protocol/generated.ts is not what the contract says: run npm run generate');
    process.exit(1);
  }
} else {
  writeFileSync(target, written);
}
