/* Working hours: days, from when to when, in which time zone, and what is free. `onSave` gets them as JSON; an
 * empty text means that nothing is said here. */
import { useEffect, useId, useState } from "react";
import { X } from "lucide-react";

const DAYS = { mon: "Mon", tue: "Tue", wed: "Wed", thu: "Thu", fri: "Fri", sat: "Sat", sun: "Sun" };
const USUAL = { days: ["mon", "tue", "wed", "thu", "fri"], opens: "09:00", closes: "17:00", zone: "UTC", holidays: [] };

export function HoursField({ text = "", readOnly = false, otherwise = "", onSave }) {
  const [hours, setHours] = useState(() => parsed(text));
  const listId = useId();
  useEffect(() => setHours(parsed(text)), [text]);

  const save = (next) => {
    setHours(next);
    onSave(next ? JSON.stringify(next) : "");
  };
  const begin = () => save({ ...USUAL, zone: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC" });
  if (!hours) {
    return (
      <div className="wb-group wb-hours">
        <p className="wb-field-hint">{otherwise}</p>
        {readOnly ? null : <button type="button" className="wb-more" onClick={begin}>Set other hours</button>}
      </div>
    );
  }
  const set = (part) => save({ ...hours, ...part });
  const turn = (day) => {
    const days = Object.keys(DAYS).filter((one) => hours.days.includes(one) !== (one === day));
    if (days.length) set({ days });
  };
  return (
    <fieldset className="wb-group wb-hours" disabled={readOnly}>
      <div className="wb-hours-days" role="group" aria-label="Days">
        {Object.entries(DAYS).map(([day, word]) => (
          <button key={day} type="button" aria-pressed={hours.days.includes(day)} onClick={() => turn(day)}>{word}</button>
        ))}
      </div>
      <div className="wb-hours-times">
        <input type="time" className="wb-input" aria-label="From" value={hours.opens} onChange={(event) => event.target.value && set({ opens: event.target.value })} />
        <span>to</span>
        <input type="time" className="wb-input" aria-label="To" value={hours.closes === "24:00" ? "23:59" : hours.closes} onChange={(event) => event.target.value && set({ closes: event.target.value })} />
      </div>
      <Zone value={hours.zone} listId={listId} onSave={(zone) => set({ zone })} />
      <ul className="wb-chips wb-people" aria-label="Holidays">
        {hours.holidays.map((day) => (
          <li key={day} className="wb-chip wb-chip-named">
            <span>{day}</span>
            {!readOnly && (
              <button type="button" aria-label={`Remove ${day}`} title="Remove" onClick={() => set({ holidays: hours.holidays.filter((one) => one !== day) })}>
                <X size={14} strokeWidth={1.75} />
              </button>
            )}
          </li>
        ))}
      </ul>
      {!readOnly && <Holiday onAdd={(day) => set({ holidays: [...new Set([...hours.holidays, day])].sort() })} />}
      {readOnly ? null : <button type="button" className="wb-more" onClick={() => save(null)}>Take these hours away</button>}
    </fieldset>
  );
}

/* A zone is saved when it is left, and when it is one that the browser knows. */
function Zone({ value, listId, onSave }) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const known = Intl.supportedValuesOf?.("timeZone") ?? [];
  const take = (zone) => zone.trim() && zone.trim() !== value && onSave(zone.trim());
  return (
    <label className="wb-hours-line">
      <span className="wb-field-hint">Time zone</span>
      <input
        className="wb-input"
        list={listId}
        value={text}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => {
          setText(event.target.value);
          if (known.includes(event.target.value)) take(event.target.value);
        }}
        onBlur={() => take(text)}
      />
      <datalist id={listId}>{["UTC", ...known].map((zone) => <option key={zone} value={zone} />)}</datalist>
    </label>
  );
}

/* A day is added by its button: while a year is typed, the field already names days of long ago. */
function Holiday({ onAdd }) {
  const [day, setDay] = useState("");
  const add = () => {
    if (day) onAdd(day);
    setDay("");
  };
  return (
    <div className="wb-hours-line">
      <span className="wb-field-hint">Holiday</span>
      <input type="date" className="wb-input" aria-label="Holiday" value={day} onChange={(event) => setDay(event.target.value)} />
      <button type="button" className="wb-more" disabled={!day} onClick={add}>Add</button>
    </div>
  );
}

function parsed(text) {
  try {
    const value = JSON.parse(text);
    return value && typeof value === "object" ? { ...USUAL, ...value } : null;
  } catch {
    return null;
  }
}
