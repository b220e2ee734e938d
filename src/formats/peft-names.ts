/**
 * @file The names of an adapter's tensors as people have them: with what torch and peft put around the base's own names
 * taken off, and an older or shortened spelling of a module brought to the architecture's. What was done is told.
 */
import { LabError } from '../core/errors.ts';
import type { Architecture } from '../models/architecture.ts';
import type { SafetensorsFile } from './safetensors.ts';

/** PEFT's own, once before every name. */
export const PREFIX = 'base_model.model.';

/** What a wrapper puts before the names of what it wraps, with the wrapper's name. */
const WRAPPERS: Readonly<Record<string, string>> = {
  _orig_mod: 'torch.compile',
  _checkpoint_wrapped_module: 'activation checkpointing',
  _fsdp_wrapped_module: 'FSDP',
  module: 'DataParallel or DeepSpeed',
};

export type Side = 'A' | 'B';

/** Module -> the names of its factors in the file. */
export type Factors = ReadonlyMap<string, Partial<Record<Side, string>>>;

export interface SortedNames {
  readonly factors: Factors;
  /** Tensors that are no factor: the name in the file, and what it is without wrappers and PEFT's prefix. */
  readonly others: readonly { readonly stored: string; readonly plain: string }[];
  /** What was taken off or put before names, a sentence each. */
  readonly notes: readonly string[];
}

/** <module>.lora_A.weight, or with the adapter's name: .lora_A.default.weight */
const FACTOR = /^(.+)\.lora_([AB])(?:\.[^.]+)?\.weight$/;

/** @throws LabError `adapter-mismatch` for a factor that stands twice */
export function sortNames(file: SafetensorsFile, architecture: Architecture): SortedNames {
  const factors = new Map<string, Partial<Record<Side, string>>>();
  const others: { stored: string; plain: string }[] = [];
  const notes = new Set<string>();
  for (const stored of file.tensors.keys()) {
    const plain = bare(stored, notes);
    const [, named, side] = FACTOR.exec(plain) ?? [];
    if (named === undefined) {
      others.push({ stored, plain });
      continue;
    }
    const module = moduleOf(named, architecture, notes);
    const pair = factors.get(module) ?? {};
    const key: Side = side === 'A' ? 'A' : 'B';
    const other = pair[key];
    if (other !== undefined) {
      throw new LabError(
        'adapter-mismatch',
        `${file.path} holds "${other}" and "${stored}", the same factor.`,
        { remedy: 'Save one adapter in one file (PEFT: save_pretrained with selected_adapters).' },
      );
    }
    pair[key] = stored;
    factors.set(module, pair);
  }
  return { factors, others, notes: [...notes] };
}

/** A name without wrappers and PEFT's prefix. */
function bare(stored: string, notes: Set<string>): string {
  const parts = stored.split('.').filter((part) => {
    const wrapper = Object.hasOwn(WRAPPERS, part) ? WRAPPERS[part] : undefined;
    if (wrapper !== undefined) notes.add(`Names hold "${part}." (${wrapper}): taken off.`);
    return wrapper === undefined;
  });
  let name = parts.join('.');
  let times = 0;
  for (; name.startsWith(PREFIX); times++) name = name.slice(PREFIX.length);
  if (times === 0) notes.add(`Names lack "${PREFIX}": taken as they are.`);
  if (times > 1) notes.add(`Names hold "${PREFIX}" ${times} times: taken off.`);
  return name;
}

/** The architecture's name of a module that a file may spell in an older way, or with its first part left out or twice;
 * the name itself where the model has no such module. */
function moduleOf(named: string, architecture: Architecture, notes: Set<string>): string {
  const known = (name: string) => architecture.linears.some(({ module }) => module === name);
  const canonical = (name: string) =>
    known(name) ? name : (architecture.canonicalName(`${name}.weight`)?.replace(/\.weight$/, '') ?? name);
  const found = canonical(named);
  if (known(found)) return found;
  const first = architecture.layerPrefix.split('.')[0] ?? '';
  const twice = `${first}.${first}.`;
  if (named.startsWith(twice) && known(canonical(named.slice(first.length + 1)))) {
    notes.add(`Names begin with "${twice}": one taken off.`);
    return canonical(named.slice(first.length + 1));
  }
  if (known(canonical(`${first}.${named}`))) {
    notes.add(`Names lack "${first}." before the layers: put before them.`);
    return canonical(`${first}.${named}`);
  }
  return found;
}
