/** @file Which linear projections a PEFT adapter's target_modules mean in an architecture. */
import { LabError } from '../core/errors.ts';
import type { LoraConfig } from '../lora/config.ts';
import type { Architecture, LinearSpec } from '../models/architecture.ts';
import { shownJson } from './json.ts';
import { CONFIG_FILE, type PeftConfig } from './peft-config.ts';
import { fullMatch } from './python-pattern.ts';

export interface Targets {
  /** In the model's order. */
  readonly linears: readonly LinearSpec[];
  /** What lora/config's resolveTargets resolves to the same projections: entries that match nothing left out (PEFT
   * takes them without effect), a regular expression written out as module names. */
  readonly targetModules: LoraConfig['targetModules'];
}

/** @throws LabError `adapter-mismatch` when no projection is meant, `unsupported-adapter` for an embedding or norm
 * and for a regular expression that cannot be matched. */
export async function matchTargets(
  { targetModules, layers, ensureWeightTying }: PeftConfig,
  architecture: Architecture,
  label: string,
): Promise<Targets> {
  const where = `${CONFIG_FILE} in ${label}: target_modules`;
  const { matches, name } = await matcher(targetModules, where);
  const isMeant = layerFilter(targetModules, layers, architecture);
  const linears = architecture.linears.filter((linear) => matches(linear) && isMeant(linear));
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
  return {
    linears,
    targetModules: layers === null ? normalised(targetModules, linears) : linears.map(({ module }) => module),
  };
}

/** PEFT looks at the layer only where a name was given by its last parts. */
function layerFilter(
  targetModules: PeftConfig['targetModules'],
  layers: PeftConfig['layers'],
  { layerPrefix }: Architecture,
): (linear: LinearSpec) => boolean {
  if (layers === null) return () => true;
  const whole = new Set(typeof targetModules === 'string' ? [] : targetModules);
  const wanted = new Set(layers.map(String));
  return ({ module }) =>
    whole.has(module) ||
    (module.startsWith(layerPrefix) && wanted.has(module.slice(layerPrefix.length).split('.')[0] ?? ''));
}

/** Modules with weights that are no linear projections: embeddings and norms. */
function otherModules({ tensors, linears }: Architecture): string[] {
  const known = new Set(linears.map(({ module }) => module));
  return [...new Set(tensors.map(({ name }) => name.replace(/\.(weight|bias)$/, '')))].filter(
    (module) => !known.has(module),
  );
}

const isAllLinear = (text: string) => text.toLowerCase() === 'all-linear';

/** A module's whole name and its last parts: what a target may call it. */
function namesOf(module: string): string[] {
  const parts = module.split('.');
  return parts.map((_, i) => parts.slice(i).join('.'));
}

interface Matcher {
  readonly matches: (linear: LinearSpec) => boolean;
  /** Whether a module that is no linear projection is meant. */
  readonly name: (module: string) => boolean;
}

async function matcher(targetModules: PeftConfig['targetModules'], where: string): Promise<Matcher> {
  if (typeof targetModules !== 'string') {
    const targets = new Set(targetModules);
    const name = (module: string) => namesOf(module).some((one) => targets.has(one));
    return { matches: ({ module }) => name(module), name };
  }
  if (isAllLinear(targetModules)) return { matches: ({ isHead }) => !isHead, name: () => false };
  // PEFT: re.fullmatch(target_modules, name).
  const name = await fullMatch(targetModules, where);
  return { matches: ({ module }) => name(module), name };
}

function normalised(
  targetModules: PeftConfig['targetModules'],
  linears: readonly LinearSpec[],
): LoraConfig['targetModules'] {
  if (typeof targetModules === 'string') {
    return isAllLinear(targetModules) ? 'all-linear' : linears.map(({ module }) => module);
  }
  const known = new Set(linears.flatMap(({ module }) => namesOf(module)));
  return targetModules.filter((target) => known.has(target));
}
