/** @file Runs the recorded experiment afresh: the same inputs, page and conductor as npm run experiment, on wasm. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LabError } from '../../src/core/errors.ts';
import { expand } from '../../src/words/experiment.ts';
import { chromiumLab } from '../experiment/chromium-lab.ts';
import { ComputedFiles } from '../experiment/computed.ts';
import { conduct } from '../experiment/conduct.ts';
import { readExperiment, readInputs } from '../experiment/inputs.ts';
import type { Reporter } from '../experiment/report.ts';
import { builtSite } from '../experiment/site.ts';
import type { Recording } from './recording.ts';
import { recordingOf } from './recording.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** The committed recording, its experiment beside it. */
export const RECORDED = join(ROOT, 'test', 'regression');

/** With what a recording was made; told where one departs, compared nowhere. */
interface Maker {
  readonly browser: string;
  readonly device: string;
}

export interface Afresh {
  readonly recording: Recording;
  readonly maker: Maker;
}

/** @throws LabError as the experiment does, and `internal` where a run of it failed */
export async function recordAfresh(report: Reporter, signal: AbortSignal): Promise<Afresh> {
  const file = join(RECORDED, 'experiment.json');
  const inputs = await readInputs(await readExperiment(file), { file, standing: ROOT });
  const folder = await mkdtemp(join(tmpdir(), 'bootlace-regression-'));
  const maker = { browser: '', device: '' };
  try {
    const lab = chromiumLab({
      ...{ site: await builtSite(), model: inputs.modelFolder, backend: 'wasm' },
      weights: inputs.checkpoint.weights,
      ...{ allowSoftware: false, isHeaded: false, computed: new ComputedFiles(folder) },
    });
    const openLab = async () => {
      const page = await lab();
      maker.browser = page.opened.browser;
      maker.device = page.opened.inference.description;
      return page;
    };
    const failed = await conduct({ inputs, folder, isResumed: false, openLab, signal, report });
    if (failed > 0) throw new LabError('internal', `${failed} runs of the recorded experiment failed.`);
    // By their ids, as folders and results name them; the bundled tasks are named so too.
    return { recording: await recordingOf(folder, expand(inputs.experiment)), maker };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** With what the committed recording was made, as it was written down; '' where it was not. */
export const recordedWith = (): Promise<string> =>
  readFile(join(RECORDED, 'made.json'), 'utf8').then(
    (text) => text.trim(),
    () => '',
  );
