// A melody as 16-bit PCM at 16 kHz, in frames of 20 ms; computed, so that any frame of it can be sent again.

export const FRAME_MS = 20;
const RATE = 16_000;
const SAMPLES = (RATE * FRAME_MS) / 1000;
const NOTE_FRAMES = 40;
const NOTES = [
  ["C", 261.63],
  ["E", 329.63],
  ["G", 392],
  ["A", 440],
  ["G", 392],
  ["E", 329.63],
];

const noteOf = (number) => NOTES[Math.floor(number / NOTE_FRAMES) % NOTES.length];

/** What the transcript has of the note that a frame ends; "" within a note. */
export const wordAfter = (number) => {
  const [name, hertz] = noteOf(number);
  return number % NOTE_FRAMES === NOTE_FRAMES - 1 ? `${name}, ${Math.round(hertz)} Hz` : "";
};

/** The name of the note that begins with a frame; "" within one. */
export const wordBefore = (number) => (number % NOTE_FRAMES === 0 ? `${noteOf(number)[0]} …` : "");

export function frameOf(number) {
  const [, hertz] = noteOf(number);
  const loudness = 0.8 * Math.sin((Math.PI * ((number % NOTE_FRAMES) + 0.5)) / NOTE_FRAMES);
  const samples = new Int16Array(SAMPLES);
  for (let i = 0; i < SAMPLES; i++) {
    samples[i] = 32_767 * loudness * Math.sin((2 * Math.PI * hertz * (number * SAMPLES + i)) / RATE);
  }
  return samples;
}

/** From 0 to 1. */
export function levelOf(samples) {
  let sum = 0;
  for (const sample of samples) sum += (sample / 32_768) ** 2;
  return Math.min(1, Math.sqrt((2 * sum) / Math.max(1, samples.length)));
}
