/**
 * @file What unattended work leaves on a disk, as far as more than its writer reads it: where a run's events and adapters
 * lie in the folder, and how an event stands in its log. The runner writes it, the Python twin too; the page opens it.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Infer } from '../../core/shape.ts';
import { exactly, object, tagged, text } from '../../core/shape.ts';
import { runLoraConfig, trainedFields, untrainedEvents } from '../../words/events.ts';

const FORMAT = 1;
/** First line of a run's log. */
export const logHeader = object({ format: exactly(FORMAT) });
export const LOG_HEADER: Infer<typeof logHeader> = { format: FORMAT };

/** An adapter whose files lie beside the events; the digest is that of adapter_model.safetensors. */
const adapterReference = object({ config: runLoraConfig, sha256: text });
export type AdapterReference = Infer<typeof adapterReference>;
/** A line of a run's log, after the first. */
export const storedEvent = tagged('type', [
  ...untrainedEvents,
  object({ ...trainedFields, adapter: adapterReference }),
]);
export type StoredEvent = Infer<typeof storedEvent>;

/** Bytes of a folder's name: every file system takes 255, and something may be put behind it. */
const LONGEST_NAME = 200;
const DIGEST_LETTERS = 24;

/** Half a surrogate pair, which has no bytes; the digest tells two such names apart. */
const isBroken = (name: string): boolean => /\p{Cs}/u.test(name);
const encoded = (name: string): string =>
  name.replace(/[^\p{L}\p{N} _+.,=()[\]-]/gu, (char) =>
    isBroken(char) ? '%' : encodeURIComponent(char).replaceAll('*', '%2A'),
  );
const bytesIn = (name: string): number => utf8ToBytes(name).length;

/** A name as a folder's name, the same on every system: bounded, and never one folder for two names. One that is too
 * long becomes its beginning, for people, and a digest of the whole. */
export function folderName(name: string): string {
  const whole = encoded(name);
  if (!isBroken(name) && bytesIn(whole) <= LONGEST_NAME) return whole;
  let beginning = '';
  // Cut between characters, not within one.
  for (const char of name) {
    const next = beginning + encoded(char);
    if (bytesIn(next) > LONGEST_NAME - DIGEST_LETTERS - 1) break;
    beginning = next;
  }
  // No encoded name has an "@". As JSON, half a surrogate pair is told by its number.
  const digest = bytesToHex(sha256(utf8ToBytes(JSON.stringify(name))));
  return `${beginning}@${digest.slice(0, DIGEST_LETTERS)}`;
}

/** Where a run's files lie below `state`, `adapters` or `sft`. */
export const pathOfRun = (task: string, arm: string, seed: number): string =>
  `${folderName(task)}/${folderName(arm)}/${seed}`;
/** A task's rows as they were: what the events speak of. */
export const pathOfTask = (task: string): string => `tasks/${folderName(task)}.json`;
