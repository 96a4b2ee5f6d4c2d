/* Fields that save themselves: a moment after the last key, and when they are left.
 *
 * What the server answers never moves the cursor: while one types, the field belongs to the person.
 */
import { useEffect, useRef, useState } from "react";
import { ArrowUp, Plus, X } from "lucide-react";

const PAUSE = 400;
let last = null;

/* `name` identifies a field: another name is another field, and what the old one has not saved is saved. */
export const TextField = (props) => <Text key={props.name} {...props} />;
export const PairsField = (props) => <Pairs key={props.name} {...props} />;

/* Text, on one line or on as many as it needs; a `whole` one is saved only when it is left or sent by Enter.
 * In a `program` Tab and Enter indent, Escape and then Tab leave it, and no expression is inserted. */
function Text({ name, value = "", lines = 1, data = false, whole = false, program = false, readOnly = false, onSave, ...rest }) {
  const [text, setText] = useState(value);
  const [typing, setTyping] = useState(false);
  const saver = useSaver(value, onSave);
  const box = useRef(null);

  useEffect(() => {
    if (!typing) setText(value);
  }, [value, typing]);
  useEffect(() => fitHeight(box.current), [text]);

  const change = (next) => {
    setText(next);
    saver.later(next, whole);
  };
  const Tag = lines > 1 || data || readOnly ? "textarea" : "input"; // what is only read is shown whole
  const looks = [data && "wb-input-data", program && "wb-input-program", Tag === "textarea" && "wb-input-grow"];
  return (
    <Tag
      {...rest}
      ref={box}
      readOnly={readOnly}
      placeholder={readOnly ? "–" : rest.placeholder}
      className={["wb-input", ...looks.filter(Boolean)].join(" ")}
      rows={Tag === "textarea" ? (readOnly ? 1 : lines) : undefined}
      spellCheck={!data}
      autoComplete="off"
      value={text}
      onFocus={() => {
        if (readOnly) return;
        setTyping(true);
        if (data && !program) last = { box, change };
      }}
      onBlur={() => {
        saver.now();
        setTyping(false);
      }}
      onChange={(event) => change(event.target.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter" && Tag === "input") saver.now();
        if (event.key === "Escape") event.currentTarget.blur();
        else if (program && !readOnly) indent(event);
      }}
    />
  );
}

const STEP = "    ";

/* Indent as an editor does: Tab and Shift+Tab the line or the lines, Enter as deep as the line before. */
function indent(event) {
  const box = event.currentTarget;
  const { value, selectionStart: from, selectionEnd: to } = box;
  const start = value.lastIndexOf("\n", from - 1) + 1;
  const before = value.slice(start, from);
  if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    document.execCommand("insertText", false, `\n${before.match(/^ */)[0]}${/:\s*$/.test(before) ? STEP : ""}`);
  }
  if (event.key !== "Tab") return;
  event.preventDefault();
  if (from === to && !event.shiftKey) {
    document.execCommand("insertText", false, STEP.slice(before.length % STEP.length));
    return;
  }
  const lines = value.slice(start, to);
  const moved = event.shiftKey ? lines.replace(/^ {1,4}/gm, "") : lines.replace(/^(?=.)/gm, STEP);
  box.setSelectionRange(start, to);
  document.execCommand("insertText", false, moved); // it can be undone, unlike a new value
  const first = event.shiftKey ? before.match(/^ {0,4}/)[0].length : -STEP.length;
  box.setSelectionRange(Math.max(start, from - first), start + moved.length);
}

/* Rows of names and values. A row without a name is kept here and saved once it has one. */
function Pairs({ value = [], keyLabel = "Name", valueLabel = "Value", ordered = false, readOnly = false, onSave }) {
  const [rows, setRows] = useState(value);
  const [typing, setTyping] = useState(false);
  const saver = useSaver(value, onSave);

  useEffect(() => {
    if (!typing) setRows((old) => [...value, ...old.filter((row) => row.key === "" && row.value === "")]);
  }, [JSON.stringify(value), typing]);

  const change = (next) => {
    setRows(next);
    saver.later(next);
  };
  const set = (index, part) => (text) => change(rows.map((row, at) => (at === index ? { ...row, [part]: text } : row)));
  const remove = (index) => {
    change(rows.filter((_, at) => at !== index));
    saver.now();
  };
  const raise = (index) => {
    change([...rows.slice(0, index - 1), rows[index], rows[index - 1], ...rows.slice(index + 1)]);
    saver.now();
  };
  const leave = (event) => {
    if (event.currentTarget.contains(event.relatedTarget)) return;
    saver.now();
    setTyping(false);
  };
  if (readOnly) return <PairsRead rows={value} />;
  return (
    <div className="wb-pairs" onFocus={() => setTyping(true)} onBlur={leave}>
      {rows.map((row, index) => (
        <div className="wb-pair" data-ordered={ordered || undefined} key={index}>
          <PairInput label={keyLabel} text={row.key} onText={set(index, "key")} />
          <PairInput label={valueLabel} text={row.value} onText={set(index, "value")} data />
          {ordered && (
            <button type="button" className="wb-icon-button" aria-label={`Move ${row.key || "row"} up`} title="Move up" disabled={index === 0} onClick={() => raise(index)}>
              <ArrowUp size={14} strokeWidth={1.75} />
            </button>
          )}
          <button type="button" className="wb-icon-button" aria-label={`Remove ${row.key || "row"}`} title="Remove" onClick={() => remove(index)}>
            <X size={14} strokeWidth={1.75} />
          </button>
        </div>
      ))}
      <button type="button" className="wb-more" onClick={() => setRows([...rows, { key: "", value: "" }])}>
        <Plus size={12} strokeWidth={2} /> Add
      </button>
    </div>
  );
}

/* The rows as they are, for who may not change them. */
function PairsRead({ rows }) {
  if (rows.length === 0) return <p className="wb-pairs-none">–</p>;
  return (
    <dl className="wb-pairs-read">
      {rows.map((row, index) => (
        <div key={index}>
          <dt>{row.key}</dt>
          <dd>{row.value}</dd>
        </div>
      ))}
    </dl>
  );
}

function PairInput({ label, text, onText, data }) {
  const box = useRef(null);
  return (
    <input
      ref={box}
      className="wb-input wb-input-data"
      aria-label={label}
      placeholder={label}
      value={text}
      autoComplete="off"
      spellCheck={false}
      onFocus={() => {
        if (data) last = { box, change: onText };
      }}
      onChange={(event) => onText(event.target.value)}
    />
  );
}

/* What can be named; a click puts it into the field that was typed in last. */
export function References({ items = [] }) {
  return (
    <ul className="wb-references">
      {items.map((item) => (
        <li key={item.path}>
          <button
            type="button"
            title={`${item.title}: insert {{ ${item.path} }}`}
            data-testid={`reference-${item.path}`}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => insert(item.path)}
          >
            <code>{item.path}</code>
            <span>{item.title}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/* Saves the newest value after a pause or at once; what is unsaved goes out when the field disappears. */
function useSaver(value, onSave) {
  const state = useRef({ saved: value, save: onSave, timer: 0 });
  const mine = state.current;
  mine.save = onSave;
  const now = () => {
    clearTimeout(mine.timer);
    if (!("next" in mine)) return;
    const { next } = mine;
    delete mine.next;
    if (JSON.stringify(next) === JSON.stringify(mine.saved)) return;
    mine.saved = next;
    mine.save(next);
  };
  useEffect(() => {
    mine.saved = value;
  }, [JSON.stringify(value)]);
  useEffect(() => now, []);
  return {
    now,
    later: (next, whole = false) => {
      mine.next = next;
      clearTimeout(mine.timer);
      if (!whole) mine.timer = setTimeout(now, PAUSE);
    },
  };
}

/* Put `path` where the cursor was: bare inside an expression, else in braces of its own. */
function insert(path) {
  const box = last?.box.current;
  if (!box?.isConnected) {
    document.querySelector(".wb-inspector .wb-input-data")?.focus();
    if (!last?.box.current?.isConnected) return;
    return insert(path);
  }
  const { value, selectionStart: from, selectionEnd: to } = box;
  const before = value.slice(0, from);
  const inside = before.lastIndexOf("{{") > before.lastIndexOf("}}");
  const text = inside ? path : `{{ ${path} }}`;
  last.change(value.slice(0, from) + text + value.slice(to));
  requestAnimationFrame(() => {
    box.focus();
    box.setSelectionRange(from + text.length, from + text.length);
  });
}

function fitHeight(box) {
  if (box?.tagName !== "TEXTAREA") return;
  box.style.height = "auto";
  const most = box.classList.contains("wb-input-program") ? 560 : 360;
  box.style.height = `${Math.min(box.scrollHeight + 2, most)}px`;
}
