/**
 * @file What the browser withholds from this page, why, and what to switch on. Written for the person at the
 * screen: each advice names the cause and then the cures.
 */
import type { ModelInfo } from '../../protocol/words.ts';
import type { Surroundings } from '../lab-state.ts';

export interface Advice {
  readonly title: string;
  readonly cause: string;
  readonly cures: readonly string[];
}

function portOf(origin: string): string {
  const match = /:(\d+)$/.exec(origin);
  return match?.[1] === undefined ? '' : `:${match[1]}`;
}

function insecureOrigin(origin: string): Advice {
  return {
    title: 'This address is not a secure origin',
    cause:
      `Browsers give WebGPU, processor threads and cross-origin isolation to secure origins only, and ${origin} ` +
      'is plain http on another machine’s address. The lab works here, on one processor thread.',
    cures: [
      `On the machine that serves the page, open http://localhost${portOf(origin)} instead.`,
      'Serve the page over https.',
      'In Chrome or Edge, open chrome://flags/#unsafely-treat-insecure-origin-as-secure, ' +
        `add ${origin}, and start the browser again.`,
    ],
  };
}

const NOT_ISOLATED: Advice = {
  title: 'One processor thread',
  cause: 'The host does not send the two headers that let a page use threads, so wasm runs on one.',
  cures: [
    'Send Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp with every file.',
    'Or run the lab on your own machine: npm start sends them.',
  ],
};

const NO_SHARED_MEMORY: Advice = {
  title: 'One processor thread',
  cause: 'This browser gives the page no shared memory, which threads need, so wasm runs on one.',
  cures: ['Use a current Chrome, Edge, Firefox or Safari.'],
};

/** For a browser that has WebGPU but gave no device that serves: none at all, a software one, a wrong one. */
const UNUSED_WEBGPU_CURES = [
  'Switch on hardware acceleration in the browser’s settings; chrome://gpu says what it found.',
  'On Linux, Chrome may need chrome://flags/#enable-unsafe-webgpu.',
  'Bring the browser and the graphics driver up to date.',
];

const NO_WEBGPU: Advice = {
  title: 'No WebGPU',
  cause: 'This browser offers no WebGPU, so the lab computes on the processor.',
  cures: [
    'Use a current Chrome, Edge, Safari or Firefox with hardware acceleration switched on.',
    'On Linux, Chrome may need chrome://flags/#enable-unsafe-webgpu.',
  ],
};

/** What stands above everything else: nothing but another address helps. */
export function adviseOnOrigin({ isSecure, origin }: Surroundings): Advice | null {
  return isSecure ? null : insecureOrigin(origin);
}

/** What would make the devices faster, in the order in which the cures help. */
export function adviseOnDevices(surroundings: Surroundings, model: ModelInfo | null): readonly Advice[] {
  const { isSecure, isIsolated, hasSharedMemory, hasWebgpu } = surroundings;
  if (!isSecure) return [];
  const isOnGpu = model?.device.backend === 'webgpu';
  const passedOver = (model?.passedOver ?? []).map((cause) => ({
    title: 'WebGPU is not in use',
    cause,
    cures: UNUSED_WEBGPU_CURES,
  }));
  return [
    ...(hasWebgpu ? passedOver : [NO_WEBGPU]),
    // Threads are of no use to the GPU.
    ...(hasSharedMemory || isOnGpu ? [] : [isIsolated ? NO_SHARED_MEMORY : NOT_ISOLATED]),
  ];
}
