/** @file Which linear projections a PEFT adapter's target_modules mean in an architecture. */
import { LabError } from '../core/errors.ts';
import type { LoraConfig } from '../lora/config.ts';
import type { Architecture, LinearSpec } from '../models/architecture.ts';
import { shownJson } from './json.ts';
import { CONFIG_FILE, type PeftConfig } from './peft-config.ts';

export interface Targets {
  /** In the model's order. */
  readonly linears: readonly LinearSpec[];
  /** What lora/config's resolveTargets resolves to the same projections: entries that match nothing left out (PEFT
   * takes them without effect), a regular expression written out as module names. */
  readonly targetModules: LoraConfig['targetModules'];
}

/** @throws LabError `adapter-mismatch` when no projection is meant, `unsupported-adapter` for an embedding or norm
 * and for a regular expression that JavaScript does not take. */
export function matchTargets(
  { targetModules, ensureWeightTying }: PeftConfig,
  architecture: Architecture,
  label: string,
): Targets {
  const where = `${CONFIG_FILE} in ${label}: target_modules`;
  const { matches, name } = matcher(targetModules, where);
  const linears = architecture.linears.filter(matches);
  // PEFT would put LoRA on an embedding too; norms it refuses itself.
  const other = otherModules(architecture).find((module) => name(module));
  if (other !== undefined) {
    throw new LabError('unsupported-adapter', `${where} means "${other}", which is no linear projection.`, {
      remedy: 'Train the adapter on linear layers only.',
    });
  }
  if (linears.length === 0) {
    const known = [...new Set(architecture.linears.map(({ module }) => module.split('.').at(-1)))].join(', ');
    throw new LabError(
      'adapter-mismatch',
      `${where} ${shownJson(targetModules)} matches no linear layer of this ${architecture.modelType} model, expected some of ${known}.`,
    );
  }
  if (ensureWeightTying && architecture.tiedHead && linears.some(({ isHead }) => isHead)) {
    throw new LabError(
      'unsupported-adapter',
      `${CONFIG_FILE} in ${label}: ensure_weight_tying would tie the head's adapter to the embedding.`,
    );
  }
  return { linears, targetModules: normalised(targetModules, linears) };
}

/** Modules with weights that are no linear projections: embeddings and norms. */
function otherModules({ tensors, linears }: Architecture): string[] {
  const known = new Set(linears.map(({ module }) => module));
  return [...new Set(tensors.map(({ name }) => name.replace(/\.(weight|bias)$/, '')))].filter(
    (module) => !known.has(module),
  );
}

const isAllLinear = (text: string) => text.toLowerCase() === 'all-linear';

const matchesName = (module: string, target: string) => module === target || module.endsWith(`.${target}`);

interface Matcher {
  readonly matches: (linear: LinearSpec) => boolean;
  /** Whether a module that is no linear projection is meant. */
  readonly name: (module: string) => boolean;
}

function matcher(targetModules: PeftConfig['targetModules'], where: string): Matcher {
  if (typeof targetModules !== 'string') {
    const name = (module: string) => targetModules.some((target) => matchesName(module, target));
    return { matches: ({ module }) => name(module), name };
  }
  if (isAllLinear(targetModules)) return { matches: ({ isHead }) => !isHead, name: () => false };
  // PEFT: re.fullmatch(target_modules, name). The u flag refuses what Python and JavaScript read differently
  // (\\Z, \\A, (?P<...>), unknown escapes) in place of taking it literally.
  let pattern: RegExp;
  try {
    pattern = new RegExp(`^(?:${targetModules})$`, 'u');
  } catch (cause) {
    throw new LabError(
      'unsupported-adapter',
      `${where} "${targetModules}" is no regular expression that JavaScript takes.`,
      { remedy: 'Write target_modules as a list of module names.', cause },
    );
  }
  const name = (module: string) => pattern.test(module);
  return { matches: ({ module }) => name(module), name };
}

function normalised(
  targetModules: PeftConfig['targetModules'],
  linears: readonly LinearSpec[],
): LoraConfig['targetModules'] {
  if (typeof targetModules === 'string') {
    return isAllLinear(targetModules) ? 'all-linear' : linears.map(({ module }) => module);
  }
  return targetModules.filter((target) => linears.some(({ module }) => matchesName(module, target)));
}
