// Relative times and durations that count by themselves, on one clock for the whole page.
import { useSyncExternalStore } from "react";

const listeners = new Set();
let timer;
let now = Date.now();

function subscribe(listener) {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    listeners.forEach((tell) => tell());
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

// What `read(now)` gives; the component is drawn again only when that changes.
function useClock(read) {
  return useSyncExternalStore(subscribe, () => read(listeners.size ? now : Date.now()), () => "");
}

export function Ago({ at }) {
  const instant = at ? Date.parse(at) : NaN;
  const text = useClock((moment) => relative(moment, instant));
  if (Number.isNaN(instant)) return null;
  return (
    <time dateTime={at} title={exact(instant)} className="wb-ago">
      {text}
    </time>
  );
}

export function Took({ since, until }) {
  const from = since ? Date.parse(since) : NaN;
  const to = until ? Date.parse(until) : NaN;
  const text = useClock((moment) => (Number.isNaN(to) ? duration(wholeSeconds(moment - from)) : duration(to - from)));
  if (Number.isNaN(from)) return null;
  return (
    <span className="wb-took" title={`${exact(from)}${Number.isNaN(to) ? "" : ` – ${exact(to)}`}`}>
      {text}
    </span>
  );
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function relative(moment, instant) {
  const gone = moment - instant;
  const far = Math.abs(gone);
  if (far < 10 * SECOND) return "just now";
  if (far > 6 * DAY) return new Date(instant).toLocaleDateString(undefined, dateFormat(moment, instant));
  const [size, unit] = far < MINUTE ? [SECOND, "s"] : far < HOUR ? [MINUTE, "min"] : far < DAY ? [HOUR, "h"] : [DAY, "d"];
  const amount = `${Math.floor(far / size)} ${unit}`;
  return gone > 0 ? `${amount} ago` : `in ${amount}`;
}

function dateFormat(moment, instant) {
  const sameYear = new Date(moment).getFullYear() === new Date(instant).getFullYear();
  return { day: "numeric", month: "short", year: sameYear ? undefined : "numeric" };
}

const exact = (instant) => new Date(instant).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" });

const wholeSeconds = (milliseconds) => Math.max(SECOND, Math.floor(milliseconds / SECOND) * SECOND);

export function duration(milliseconds) {
  const time = Math.max(0, milliseconds);
  if (time < 1) return "< 1 ms";
  if (time < SECOND) return `${Math.round(time)} ms`;
  if (time < 10 * SECOND) return `${Number((time / SECOND).toFixed(1))} s`;
  if (time < MINUTE) return `${Math.floor(time / SECOND)} s`;
  if (time < HOUR) return `${Math.floor(time / MINUTE)} min ${Math.floor((time % MINUTE) / SECOND)} s`;
  if (time < DAY) return `${Math.floor(time / HOUR)} h ${Math.floor((time % HOUR) / MINUTE)} min`;
  return `${Math.floor(time / DAY)} d ${Math.floor((time % DAY) / HOUR)} h`;
}
