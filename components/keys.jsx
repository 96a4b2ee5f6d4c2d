// Keys that work on every page: `?` lists them, G and a letter goes to a page, / searches, Ctrl+Enter sends.
import { useEffect, useRef } from "react";
import { useNavigate } from "react-router";
import { X } from "lucide-react";

const SEQUENCE_MS = 1200;

export function Keys({ groups, places }) {
  const dialog = useRef(null);
  const navigate = useNavigate();
  const goUntil = useRef(0);

  useEffect(() => {
    const press = (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return sendForm(event);
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event)) return;
      const going = Date.now() < goUntil.current;
      goUntil.current = 0;
      if (going && places[event.key]) {
        event.preventDefault();
        navigate(places[event.key]);
      } else if (event.key === "g") goUntil.current = Date.now() + SEQUENCE_MS;
      else if (event.key === "?") toggle(dialog.current);
      else if (event.key === "/") focusSearch(event);
    };
    const toggleList = () => toggle(dialog.current);
    window.addEventListener("keydown", press);
    window.addEventListener("wb-keys", toggleList);
    return () => {
      window.removeEventListener("keydown", press);
      window.removeEventListener("wb-keys", toggleList);
    };
  }, [navigate, places]);

  return (
    <dialog
      ref={dialog}
      className="wb-sheet"
      aria-label="Keys"
      data-testid="keys-help"
      onClick={(event) => event.target === dialog.current && dialog.current.close()}
    >
      <div className="wb-sheet-head">
        <h2>Keys</h2>
        <button type="button" className="wb-icon-button" aria-label="Close" onClick={() => dialog.current.close()}>
          <X size={16} strokeWidth={1.75} />
        </button>
      </div>
      <div className="wb-keys">
        {groups.map((group) => (
          <section key={group.title} className="wb-keys-group">
            <h3 className="wb-keys-title">{group.title}</h3>
            <dl>
              {group.keys.map(([keys, text]) => (
                <div key={text} className="wb-keys-line">
                  <dt>{text}</dt>
                  <dd>
                    {keys.split(" ").map((key) => (
                      <kbd key={key} className="wb-kbd">{key}</kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </dialog>
  );
}

const toggle = (dialog) => (dialog.open ? dialog.close() : dialog.showModal());

function isTyping(event) {
  return event.target.closest?.("input, textarea, select, [contenteditable='true'], [role='textbox']") !== null;
}

function sendForm(event) {
  const form = event.target.closest?.("[data-submit-on-ctrl-enter]");
  if (!form) return;
  event.preventDefault();
  event.stopPropagation();
  form.requestSubmit();
}

function focusSearch(event) {
  const field = document.querySelector("[data-search]");
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
}
