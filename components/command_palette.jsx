// The Ctrl+K palette. A native dialog gives focus trapping, Esc and the top layer.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useNavigate } from "react-router";

const MOST = 60;

export function CommandPalette({ places, entries, onOpen }) {
  const dialog = useRef(null);
  const [open, setOpen] = useState(false);
  const [query, setQuery] = useState("");
  const [commands, setCommands] = useState([]);
  const [at, setAt] = useState(0);
  const navigate = useNavigate();
  const reportOpen = useRef(onOpen);
  reportOpen.current = onOpen;

  const show = useCallback(() => {
    if (dialog.current.open) return dialog.current.close();
    setCommands(commandsOfPage());
    setQuery("");
    setAt(0);
    setOpen(true);
    dialog.current.showModal();
    reportOpen.current?.();
  }, []);

  useEffect(() => {
    const press = (event) => {
      if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        show();
      }
    };
    window.addEventListener("keydown", press, true);
    window.addEventListener("wb-palette", show);
    return () => {
      window.removeEventListener("keydown", press, true);
      window.removeEventListener("wb-palette", show);
    };
  }, [show]);

  const found = useMemo(
    () => (open ? search([...commands, ...places.map(asPlace), ...entries], query) : []),
    [open, commands, places, entries, query],
  );

  const choose = (entry) => {
    dialog.current.close();
    if (entry.element) entry.element.click();
    else navigate(entry.href);
  };

  const press = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length) {
      event.preventDefault();
      setAt((at + step + found.length) % found.length);
    } else if (event.key === "Enter" && found[at]) {
      event.preventDefault();
      choose(found[at]);
    }
  };

  return (
    <dialog
      ref={dialog}
      className="wb-palette"
      aria-label="Commands"
      data-testid="command-palette"
      onClose={() => setOpen(false)}
      onClick={(event) => event.target === dialog.current && dialog.current.close()}
    >
      <input
        className="wb-palette-input"
        placeholder="Go to, open or do …"
        role="combobox"
        aria-expanded="true"
        aria-controls="wb-palette-list"
        aria-activedescendant={found[at] ? `wb-palette-${at}` : undefined}
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setAt(0);
        }}
        onKeyDown={press}
      />
      <ul id="wb-palette-list" role="listbox" aria-label="Results" className="wb-palette-list">
        {found.map((entry, index) => (
          <Entry key={`${entry.kind}${entry.href ?? ""}${entry.label}${index}`} {...{ entry, index }} current={index === at} choose={choose} point={setAt} />
        ))}
        {found.length ? null : <li className="wb-palette-none">Nothing is called “{query}”.</li>}
      </ul>
    </dialog>
  );
}

function Entry({ entry, index, current, choose, point }) {
  const line = useRef(null);
  useEffect(() => {
    if (current) line.current.scrollIntoView({ block: "nearest" });
  }, [current]);
  return (
    <li
      ref={line}
      id={`wb-palette-${index}`}
      role="option"
      aria-selected={current}
      className="wb-palette-entry"
      onMouseMove={() => point(index)}
      onClick={() => choose(entry)}
    >
      <span className="wb-palette-label">{entry.label}</span>
      <span className="wb-palette-kind">{entry.kind}</span>
      {entry.keys?.split(" ").map((key) => (
        <kbd key={key} className="wb-kbd">{key}</kbd>
      ))}
    </li>
  );
}

// The buttons of the page that say what they do, but for those that are hidden or cannot be pressed.
function commandsOfPage() {
  return [...document.querySelectorAll("[data-command]")]
    .filter((element) => !element.disabled && element.offsetParent !== null)
    .map((element) => ({ element, label: element.dataset.command, keys: element.dataset.keys, kind: "Do" }));
}

const asPlace = (place) => ({ ...place, kind: "Go to" });

// Every word of the query must occur; earlier occurrences come first.
function search(entries, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const scored = [];
  entries.forEach((entry, order) => {
    const text = `${entry.label} ${entry.kind}`.toLowerCase();
    const places = words.map((word) => text.indexOf(word));
    if (places.every((place) => place >= 0)) scored.push([places.reduce((sum, place) => sum + place, 0), order, entry]);
  });
  scored.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return scored.slice(0, MOST).map(([, , entry]) => entry);
}
