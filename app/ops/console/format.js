// Numbers and times, short enough for a table.

const whole = new Intl.NumberFormat("en");

export const count = (value) => (value === null || value === undefined ? "–" : whole.format(value));

export function rate(value) {
  if (value === 0) return "0";
  if (value < 10) return value.toFixed(1);
  return whole.format(Math.round(value));
}

export function seconds(value) {
  if (value === null || value === undefined) return "–";
  if (value < 0.0995) return `${Math.round(value * 1000)} ms`;
  if (value < 9.95 && !Number.isInteger(value)) return `${value.toFixed(1)} s`;
  if (value < 120) return `${Math.round(value)} s`;
  if (value < 7200) return `${Math.round(value / 60)} min`;
  if (value < 172800) return `${Math.round(value / 3600)} h`;
  return `${Math.round(value / 86400)} d`;
}

// `now` is the service's, for clocks differ.
export function since(moment, now) {
  if (!moment) return "–";
  const passed = (Date.parse(now) - Date.parse(moment)) / 1000;
  return seconds(Math.max(1, Math.round(passed)));
}

export function clock(moment) {
  if (!moment) return "–";
  const at = new Date(moment);
  const time = at.toLocaleTimeString("en-GB");
  const today = new Date().toDateString() === at.toDateString();
  return today ? time : `${at.toLocaleDateString("en-CA")} ${time.slice(0, 5)}`;
}

export const plural = (number, one, many = `${one}s`) =>
  `${count(number)} ${number === 1 ? one : many}`;
