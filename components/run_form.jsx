// The error below a form's field.
import { useEffect, useRef } from "react";

export function FieldError({ text }) {
  const line = useRef(null);
  useEffect(() => {
    if (!text) return;
    line.current.closest("details")?.setAttribute("open", ""); // an error is never folded away
    line.current.closest("form")?.querySelector("[aria-invalid='true']")?.focus();
  }, [text]);
  return text ? (
    <p ref={line} role="alert" className="wb-field-error">
      {text}
    </p>
  ) : null;
}
