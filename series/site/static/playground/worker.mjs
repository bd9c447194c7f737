// Tokenizer and models, away from the page: it stays usable while they load and compute. Nothing of a text leaves this file but the answer.
// Every file comes from the site itself, from the folder that the page names; nothing is loaded before the page asks.
const SPECIAL = /\[(?:PAD|UNK|CLS|SEP|MASK)\]/g;
const RARE_CHINESE = /[\u{20000}-\u{2a6df}\u{2a700}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu; // those that Python sets apart
const MASK = "[MASK]";
let settings, base;
const loaded = {}; // part -> promise of what it gives
const ready = new Set(); // parts that are there
let turn = Promise.resolve(); // one request after another: the runtime computes one thing at a time

class LoadError extends Error {}

// ---------------------------------------------------------------- loading

async function fetchBytes([name, size, version], onBytes) {
  const answer = await fetch(`${base}${name}?${version}`);
  if (!answer.ok) throw new Error(`${answer.status} ${name}`);
  const reader = answer.body.getReader();
  const chunks = [];
  let count = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    count = Math.min(count + value.length, size);
    onBytes(name, count);
  }
  onBytes(name, size);
  const whole = new Blob(chunks);
  const start = new Uint8Array(await whole.slice(0, 2).arrayBuffer());
  const packed = start[0] === 0x1f && start[1] === 0x8b; // a server may have unpacked it already
  const stream = packed ? whole.stream().pipeThrough(new DecompressionStream("gzip")) : whole.stream();
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function program([name, size, version], onBytes) {
  const found = await import(`${base}${name}?${version}`);
  onBytes(name, size);
  return found;
}

const makers = {
  async tokenizer([library, data], onBytes) {
    const [{ Tokenizer }, bytes] = await Promise.all([program(library, onBytes), fetchBytes(data, onBytes)]);
    return new Tokenizer(JSON.parse(new TextDecoder().decode(bytes)), {});
  },
  async runtime([library, data], onBytes) {
    const [runtime, bytes] = await Promise.all([program(library, onBytes), fetchBytes(data, onBytes)]);
    runtime.env.wasm.wasmBinary = bytes.buffer;
    runtime.env.wasm.numThreads = 1; // more would need headers that simple servers do not send
    runtime.env.logLevel = "error";
    return runtime;
  },
  sentiment: (files, onBytes) => session(files, onBytes),
  words: (files, onBytes) => session(files, onBytes),
};

async function session([file], onBytes) {
  const [bytes, runtime] = await Promise.all([fetchBytes(file, onBytes), loaded.runtime]);
  return runtime.InferenceSession.create(bytes, { executionProviders: ["wasm"] });
}

async function need(tool, onBytes) {
  const parts = settings.tools[tool];
  for (const part of parts) loaded[part] ??= makers[part](settings.parts[part], onBytes);
  const found = parts.map(async (part) => {
    const made = await loaded[part];
    ready.add(part);
    return [part, made];
  });
  try {
    return Object.fromEntries(await Promise.all(found));
  } catch (error) {
    throw new LoadError(error?.message ?? String(error));
  }
}

// ---------------------------------------------------------------- reading

// Where the library in JavaScript and the one in Python part: characters beyond 16 bits, and a Greek letter at the end of a word.
const likePython = (text) => text.replace(RARE_CHINESE, " $& ").replaceAll("Σ", "σ");

function encode(tokenizer, text) {
  const { ids, tokens } = tokenizer.encode(likePython(text));
  return { ids, tokens };
}

// As helpers.batching.truncate: the last piece, [SEP], stays.
function truncate({ ids, tokens }, most = settings.max_seq_len) {
  if (ids.length <= most) return { ids, tokens, unread: [] };
  const cut = (row) => [...row.slice(0, most - 1), row.at(-1)];
  return { ids: cut(ids), tokens: cut(tokens), unread: tokens.slice(most - 1, -1) };
}

function wordsOf(tokenizer, text) {
  const pieces = likePython(text).split(SPECIAL);
  return pieces.flatMap((piece) => tokenizer.pre_tokenizer(tokenizer.normalizer(piece)));
}

// WordPiece on one word: at each place the longest piece that the vocabulary has, and what was tried before it.
function stepsOf(tokenizer, word) {
  const letters = [...word];
  if (letters.length > tokenizer.model.max_input_chars_per_word) return [{ rest: word, tried: [], found: null, id: null }];
  const steps = [];
  for (let start = 0; start < letters.length; ) {
    const tried = [];
    let end = letters.length;
    let found = null;
    for (; end > start; end--) {
      const piece = (start ? "##" : "") + letters.slice(start, end).join("");
      if (tokenizer.token_to_id(piece) !== undefined) {
        found = piece;
        break;
      }
      tried.push(piece);
    }
    steps.push({ rest: letters.slice(start).join(""), tried, found, id: found && tokenizer.token_to_id(found) });
    if (found === null) break;
    start = end;
  }
  return steps;
}

// ---------------------------------------------------------------- computing

function batchOf(rows, runtime, useMask = true) {
  const width = Math.max(...rows.map((row) => row.length));
  const flat = (value) => BigInt64Array.from(rows.flatMap((row) => Array.from({ length: width }, (_, at) => BigInt(value(row, at)))));
  const tensor = (value) => new runtime.Tensor("int64", flat(value), [rows.length, width]);
  return {
    width,
    feeds: { subword: tensor((row, at) => row[at] ?? 0), mask: tensor((row, at) => (at < row.length || !useMask ? 1 : 0)) },
  };
}

function softmax(logits) {
  const most = Math.max(...logits);
  const powers = logits.map((value) => Math.exp(value - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

function rowsOf({ data, dims }) {
  const width = dims.at(-1);
  return Array.from({ length: data.length / width }, (_, row) => Array.from(data.subarray(row * width, (row + 1) * width)));
}

async function classLogits({ sentiment, runtime }, rows, useMask) {
  const { feeds } = batchOf(rows, runtime, useMask);
  return rowsOf((await sentiment.run(feeds)).logits);
}

const tools = {
  async subwords({ tokenizer }, { text }) {
    const words = wordsOf(tokenizer, text).map((word) => ({ word, steps: stepsOf(tokenizer, word) }));
    return { ...encode(tokenizer, text), words };
  },

  async padding(parts, { texts, mask }) {
    const rows = texts.map((text) => truncate(encode(parts.tokenizer, text)));
    const ids = rows.map((row) => row.ids);
    const [alone] = await classLogits(parts, ids.slice(0, 1));
    const [together] = await classLogits(parts, ids, mask);
    return { rows: rows.map(({ tokens }) => tokens), ids, width: Math.max(...ids.map((row) => row.length)), alone, together };
  },

  async "hidden-word"({ tokenizer, runtime, words }, { text }) {
    const row = truncate(encode(tokenizer, text));
    const places = row.tokens.flatMap((token, at) => (token === MASK ? [at] : []));
    const guesses = [];
    if (places.length) {
      const { feeds } = batchOf([row.ids], runtime);
      const { logits } = await words.run(feeds);
      const size = logits.dims[2];
      for (const place of places) {
        const probabilities = softmax(Array.from(logits.data.subarray(place * size, (place + 1) * size)));
        const best = probabilities.map((_, id) => id).sort((a, b) => probabilities[b] - probabilities[a]).slice(0, 5);
        guesses.push(best.map((id) => ({ word: tokenizer.id_to_token(id), probability: probabilities[id] })));
      }
    }
    return { guesses, unread: row.unread };
  },

  async attention({ tokenizer, runtime, words }, { text, most }) {
    const row = truncate(encode(tokenizer, text), most);
    const { attention } = await words.run(batchOf([row.ids], runtime).feeds);
    const [layers, , heads, size] = attention.dims;
    const map = (layer, head) => rowsOf({ data: attention.data.subarray((layer * heads + head) * size * size, (layer * heads + head + 1) * size * size), dims: [size] });
    return { tokens: row.tokens, unread: row.unread, maps: Array.from({ length: layers }, (_, layer) => Array.from({ length: heads }, (_, head) => map(layer, head))) };
  },

  async sentiment(parts, { text }) {
    const row = truncate(encode(parts.tokenizer, text));
    const [logits] = await classLogits(parts, [row.ids]);
    const unknown = wordsOf(parts.tokenizer, text).filter((word) => stepsOf(parts.tokenizer, word).at(-1).found === null);
    return { probabilities: softmax(logits), tokens: row.tokens, unread: row.unread, unknown: [...new Set(unknown)] };
  },

  // Several texts in one batch: for words that are left out.
  async several(parts, { texts }) {
    const rows = texts.map((text) => truncate(encode(parts.tokenizer, text)).ids);
    return { probabilities: (await classLogits(parts, rows)).map(softmax) };
  },
};

async function answer({ id, tool, input }) {
  const counts = {};
  const onBytes = (name, count) => {
    counts[name] = count;
    postMessage({ id, counts: { ...counts } });
  };
  try {
    const parts = await need(tool, onBytes);
    postMessage({ id, ready: [...ready], result: await tools[tool](parts, input) });
  } catch (error) {
    postMessage({ id, ready: [...ready], error: error instanceof LoadError ? "load" : "compute", detail: error.message ?? String(error) });
  }
}

addEventListener("message", ({ data }) => {
  if (data.settings) ({ settings, base } = data);
  else turn = turn.then(() => answer(data));
});
