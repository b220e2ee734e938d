/**
 * @file The checkpoint's tokenizer: tokenizer.json and tokenizer_config.json through transformers.js' PreTrainedTokenizer,
 * made from the two objects, so that nothing is fetched beyond the source. (Its LlamaTokenizer, GPT2Tokenizer,
 * Qwen2Tokenizer and GPTNeoXTokenizer add nothing to that class: what differs stands in tokenizer.json.)
 */
import { PreTrainedTokenizer } from '@huggingface/transformers';
import { LabError } from '../core/errors.ts';
import type { JsonObject } from '../models/architecture.ts';
import type { ChatTemplate } from './chat-template.ts';
import { chatTemplate, readChatTemplate } from './chat-template.ts';
import type { FileSource } from './file-source.ts';
import { isJsonObject, kindOf, readJsonIfAny, shownJson } from './json.ts';

const TOKENIZER = 'tokenizer.json';
const CONFIG = 'tokenizer_config.json';
const CODE = 'tokenizer-integrity';
const MODEL_TYPES: readonly unknown[] = ['BPE', 'Unigram', 'WordPiece'];

/** More than any model has, where no model says its own number. */
const MOST_TOKENS = 2 ** 24;

export interface Tokenizer {
  /** One more than the highest token id. */
  readonly size: number;
  /** Ids below the model's vocabulary size (without one: below `size`) that no token has: rows that pad the embedding. */
  readonly absentIds: readonly number[];
  readonly bosTokenId: number | null;
  readonly eosTokenId: number | null;
  readonly padTokenId: number | null;
  /** The regular expressions of tokenizer.json. They need lookahead, so they run in JavaScript's own engine, which may
   * backtrack for ever: run them where they can be ended. */
  readonly patterns: readonly string[];
  /** Token ids of the text. Text that the vocabulary has no token for becomes the unknown token; without one it is
   * left out, as transformers does. addSpecialTokens (default true): with what the post-processor adds, e.g. a leading <s>.
   * @throws LabError `tokenizer-integrity` where the unknown token has no id itself. */
  readonly encode: (text: string, options?: { readonly addSpecialTokens?: boolean }) => number[];
  /** skipSpecialTokens (default true). Tokenizers of the sentencepiece kind drop the first token's leading space: to
   * get a completion's text, decode prompt and completion together. */
  readonly decode: (ids: readonly number[], options?: { readonly skipSpecialTokens?: boolean }) => string;
  /** null for a base model, which has no template. What it writes holds its special tokens itself: encode it with
   * addSpecialTokens false. */
  readonly chat: ChatTemplate | null;
}

/** @param vocabSize rows of the model's embedding: a tokenizer with more belongs to another model.
 * @returns null where the folder has no tokenizer.json.
 * @throws LabError `tokenizer-integrity` naming the file, what was expected and found. */
export async function loadTokenizer(source: FileSource, vocabSize?: number): Promise<Tokenizer | null> {
  const json = await readJsonIfAny(source, TOKENIZER, CODE);
  if (json === null) return null;
  checkVocabulary(json, source.label, vocabSize);
  const config = await readConfig(source);
  const inner = construct(json, config, source.label);
  const vocabulary = withoutHoles(inner.get_vocab());
  const size = maximum(vocabulary.values()) + 1;
  const idOf = (field: string): number | null => {
    const token = config[field];
    return (typeof token === 'string' ? vocabulary.get(token) : undefined) ?? null;
  };
  const eosTokenId = idOf('eos_token') ?? defaultEos(json, vocabulary);
  const present = new Set(vocabulary.values());
  return {
    size,
    absentIds: Array.from({ length: vocabSize ?? size }, (_, id) => id).filter((id) => !present.has(id)),
    bosTokenId: idOf('bos_token'),
    eosTokenId,
    padTokenId: idOf('pad_token'),
    patterns: patternsOf(json),
    encode: (text, { addSpecialTokens = true } = {}) => {
      const ids: unknown[] = inner.encode(text, { add_special_tokens: addSpecialTokens });
      return ids.map((id, i) => {
        if (typeof id === 'number') return id;
        throw new LabError(
          CODE,
          `${TOKENIZER} in ${source.label} has no id for token ${i + 1} of the text, nor for its unknown token.`,
        );
      });
    },
    decode: (ids, { skipSpecialTokens = true } = {}) =>
      ids.length === 0
        ? ''
        : inner.decode([...ids], {
            skip_special_tokens: skipSpecialTokens,
            // The library's default is true, transformers' false: "a ." is not to become "a.".
            clean_up_tokenization_spaces: config.clean_up_tokenization_spaces === true,
          }),
    chat: chatTemplate(
      config.chat_template,
      source.label,
      addedTokens(json),
      (template, messages, variables) =>
        inner.apply_chat_template([...messages], { ...variables, chat_template: template, tokenize: false }),
    ),
  };
}

/** The library knows the last id that no token has as that of `undefined`. */
function withoutHoles(vocabulary: ReadonlyMap<string | undefined, number>): ReadonlyMap<string, number> {
  return new Map([...vocabulary].flatMap(([token, id]) => (token === undefined ? [] : [[token, id]])));
}

/** Every "Regex" of the file's steps, the vocabulary aside, at any depth. */
function patternsOf({ normalizer, pre_tokenizer: preTokenizer, decoder }: JsonObject): string[] {
  const found = new Set<string>();
  const open: unknown[] = [normalizer, preTokenizer, decoder];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== 'object' || value === null) continue;
    if ('Regex' in value && typeof value.Regex === 'string') found.add(value.Regex);
    for (const part of Object.values(value)) open.push(part);
  }
  return [...found];
}

function maximum(values: Iterable<number>): number {
  let highest = -1;
  for (const value of values) highest = Math.max(highest, value);
  return highest;
}

function construct(json: JsonObject, config: JsonObject, label: string): PreTrainedTokenizer {
  try {
    return new PreTrainedTokenizer(json, config);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new LabError(CODE, `${TOKENIZER} in ${label} cannot be used: ${why}.`, { cause });
  }
}

/** tokenizer_config.json with its tokens as strings, which older folders name in special_tokens_map.json, and the chat
 * template. */
async function readConfig(source: FileSource): Promise<JsonObject> {
  const own = (await readJsonIfAny(source, CONFIG, CODE)) ?? {};
  const map = (await readJsonIfAny(source, 'special_tokens_map.json', CODE)) ?? {};
  const config: Record<string, unknown> = { ...own };
  for (const field of [
    'bos_token',
    'eos_token',
    'unk_token',
    'sep_token',
    'pad_token',
    'cls_token',
    'mask_token',
  ]) {
    config[field] = tokenText(own[field], field, source) ?? tokenText(map[field], field, source);
  }
  return { ...config, chat_template: await readChatTemplate(source, own) };
}

/** A token as a string or as transformers' AddedToken object. */
function tokenText(value: unknown, field: string, source: FileSource): string | null {
  if (value == null) return null;
  if (typeof value === 'string') return value;
  if (isJsonObject(value) && typeof value.content === 'string') return value.content;
  throw new LabError(
    CODE,
    `${CONFIG} in ${source.label}: ${field} must be a string, found ${kindOf(value)}.`,
  );
}

/** Checked before. */
function addedTokens(json: JsonObject): ReadonlyMap<string, number> {
  const added: unknown[] = Array.isArray(json.added_tokens) ? json.added_tokens : [];
  return new Map(
    added.flatMap((token): [string, number][] => {
      const { content, id } = isJsonObject(token) ? token : {};
      return typeof content === 'string' && typeof id === 'number' ? [[content, id]] : [];
    }),
  );
}

/** GPT-2's and Pythia's folders leave their classes' default unsaid: <|endoftext|>, where it is a special token. */
function defaultEos(json: JsonObject, vocabulary: ReadonlyMap<string, number>): number | null {
  const added: unknown[] = Array.isArray(json.added_tokens) ? json.added_tokens : [];
  const isSpecial = added.some(
    (token) => isJsonObject(token) && token.content === '<|endoftext|>' && token.special === true,
  );
  return (isSpecial ? vocabulary.get('<|endoftext|>') : undefined) ?? null;
}

/** What the library takes for granted, which fills a table as long as the highest id: every id a whole number within the
 * model's vocabulary, and given once. */
function checkVocabulary(json: JsonObject, label: string, vocabSize: number = MOST_TOKENS): void {
  const fail = (what: string): LabError => new LabError(CODE, `${TOKENIZER} in ${label}: ${what}.`);
  const { model, added_tokens: added } = json;
  if (!isJsonObject(model)) throw fail(`"model" must be an object, found ${kindOf(model)}`);
  // The library guesses where it does not know the type; older files leave it out.
  if (model.type !== undefined && !MODEL_TYPES.includes(model.type)) {
    throw fail(`model.type is ${shownJson(model.type)}, expected one of ${MODEL_TYPES.join(', ')}`);
  }
  if (!Array.isArray(added)) throw fail(`"added_tokens" must be a list, found ${kindOf(added)}`);
  const owner = new Map<number, string>();
  const claim = (token: unknown, id: unknown) => {
    if (typeof token !== 'string') throw fail(`a token must be a string, found ${kindOf(token)}`);
    if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0) {
      throw fail(`token "${token}" must have a whole number as id, found ${shownJson(id)}`);
    }
    if (id >= vocabSize) {
      throw new LabError(
        CODE,
        `${TOKENIZER} in ${label} has token "${token.slice(0, 60)}" with id ${id}, expected less than the model's vocab_size ${vocabSize}.`,
        { remedy: 'Use the tokenizer that belongs to the model.' },
      );
    }
    const other = owner.get(id) ?? token;
    if (other !== token) throw fail(`tokens "${other}" and "${token}" both have id ${id}`);
    owner.set(id, token);
  };
  if (Array.isArray(model.vocab)) {
    model.vocab.forEach((entry: unknown, id) => {
      claim(Array.isArray(entry) ? entry[0] : entry, id);
    });
  } else if (isJsonObject(model.vocab)) {
    for (const [token, id] of Object.entries(model.vocab)) claim(token, id);
  } else {
    throw fail(`"model.vocab" must be an object or a list, found ${kindOf(model.vocab)}`);
  }
  for (const token of added as unknown[]) {
    if (!isJsonObject(token)) throw fail(`"added_tokens" must hold objects, found ${kindOf(token)}`);
    claim(token.content, token.id);
  }
}
