/** @file Makes transformers.js use onnxruntime-web in Node, as it does in a browser; to be imported before it. */
import * as ort from 'onnxruntime-web';

Object.assign(globalThis, { [Symbol.for('onnxruntime')]: ort });
