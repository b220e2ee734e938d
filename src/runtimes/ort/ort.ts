/**
 * @file onnxruntime-web's module as this room sees it. It is handed in by whoever connects the room: the worker takes
 * 'onnxruntime-web/webgpu' (the build that transformers.js uses), Node takes 'onnxruntime-web'.
 */
import type * as OrtModule from 'onnxruntime-web';

export type Ort = typeof OrtModule;
export type { InferenceSession, Tensor } from 'onnxruntime-web';
