// A form made from a JSON Schema, for any JSON value: fields by type, objects and lists inside of each other.
// It edits and reports; what is wrong, and what changed, Python says (`problems`, `changes`).
import { useEffect, useMemo, useRef, useState } from "react";
import { Leaf } from "./data_fields.jsx";
import { Group, Items } from "./data_parts.jsx";
import { kindOf, resolve } from "./data_schema.js";

const PAUSE_MS = 250;

export function DataForm({ schema = {}, text = "null", seed = 0, problems = [], changes = [], files = "", blank = "empty", label = "Data", onEdit }) {
  const [value, setValue] = useState(() => parsed(text));
  const shown = useRef(seed);
  const report = useReport(onEdit);
  const form = useRef(null);
  useEffect(() => {
    if (shown.current === seed) return;
    shown.current = seed;
    setValue(parsed(text));
  }, [seed]);
  const said = useMemo(() => byPointer(problems), [problems]);
  const was = useMemo(() => byPointer(changes), [changes]);
  const change = (next, at = "typed") => {
    setValue(next);
    report(next, at);
  };
  return (
    <div ref={form} className="wb-data-form" data-testid="data-form" onBlur={report.flush} onKeyDownCapture={(event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) report.flush();
    }}>
      <Node
        key={seed}
        schema={schema}
        context={{ root: schema, said, was, files, blank }}
        value={value}
        pointer=""
        name={label}
        required
        top
        onChange={change}
      />
    </div>
  );
}

/* One value, whatever it is. */
export function Node(props) {
  const schema = useMemo(() => resolve(props.schema, props.context.root), [props.schema, props.context.root]);
  const kind = kindOf(schema, props.value);
  const Part = kind === "object" ? Group : kind === "list" ? Items : Leaf;
  return <Part {...props} schema={schema} kind={kind} />;
}

/* Reports a value a moment after the last key, or at once where a field is left or a part was added. */
function useReport(onEdit) {
  const latest = useRef(onEdit);
  latest.current = onEdit;
  return useMemo(() => {
    let timer;
    let waiting;
    const flush = () => {
      clearTimeout(timer);
      if (waiting === undefined) return;
      const text = JSON.stringify(waiting.value === undefined ? null : waiting.value);
      waiting = undefined;
      latest.current?.(text);
    };
    const report = (value, at) => {
      waiting = { value };
      clearTimeout(timer);
      if (at === "pressed") flush();
      else timer = setTimeout(flush, PAUSE_MS);
    };
    report.flush = flush;
    return report;
  }, []);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function byPointer(list) {
  const found = {};
  for (const one of list ?? []) (found[one.pointer] ??= []).push(one);
  return found;
}
