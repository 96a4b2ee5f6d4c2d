/* Who is named, each with a way off the list, and a field that names others. What holds an expression takes
 * the list's place. `onSave` gets the whole as text: JSON, or the expression, or nothing. */
import { useEffect, useId, useRef, useState } from "react";
import { Plus, X } from "lucide-react";

const PAUSE = 300;

export function PeopleField({ value = [], offered = [], readOnly = false, id, label, onSave, onLook }) {
  const [text, setText] = useState("");
  const [named, setNamed] = useState(value);
  const timer = useRef(0);
  const listId = useId();
  useEffect(() => setNamed(value), [JSON.stringify(value)]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const save = (next) => {
    setNamed(next);
    onSave(next.length ? JSON.stringify(next) : "");
  };
  const add = () => {
    const said = text.trim();
    setText("");
    if (said.includes("{{")) onSave(said);
    else if (said && !named.includes(said)) save([...named, said]);
  };
  const type = (event) => {
    setText(event.target.value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onLook(event.target.value), PAUSE);
  };
  return (
    <div className="wb-group">
      {readOnly && named.length === 0 && <p className="wb-pairs-none">–</p>}
      {named.length > 0 && (
        <ul className="wb-chips wb-people">
          {named.map((one) => (
            <li key={one} className="wb-chip wb-chip-named">
              <span title={one}>{nameOf(one, offered)}</span>
              {!readOnly && (
                <button type="button" aria-label={`Remove ${one}`} title="Remove" onClick={() => save(named.filter((other) => other !== one))}>
                  <X size={14} strokeWidth={1.75} />
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {!readOnly && (
        <div className="wb-people-add">
          <input
            id={id}
            className="wb-input"
            list={listId}
            value={text}
            aria-label={label}
            placeholder="Person, group or {{ expression }}"
            autoComplete="off"
            spellCheck={false}
            onChange={type}
            onBlur={add}
            onKeyDown={(event) => {
              if (event.key !== "Enter") return;
              event.preventDefault();
              add();
            }}
          />
          <datalist id={listId}>
            {offered.map((one) => (
              <option key={one.value} value={one.value}>{one.label}</option>
            ))}
          </datalist>
          <button type="button" className="wb-icon-button" aria-label="Add" title="Add" onClick={add}>
            <Plus size={16} strokeWidth={1.75} />
          </button>
        </div>
      )}
    </div>
  );
}

/* A person is shown by their name where that is known; their address stands in the tooltip. */
function nameOf(value, offered) {
  const known = offered.find((one) => one.value === value);
  return known?.label ?? value;
}
