// A key or a link that is shown once, with Copy and Done: it is held by this page alone, nothing else keeps it.
import { useState } from "react";
import { Check, Copy } from "lucide-react";
import { copyText } from "$/public/external/components/clipboard/clipboard.js";

/** `what` is what it is called in tests; the children say what to do with `text`. */
export function ShownOnce({ what, text, onDone, children }) {
  const [copied, setCopied] = useState(false);
  const Icon = copied ? Check : Copy;
  const copy = async () => {
    await copyText(text);
    setCopied(true);
  };
  return (
    <div className="wb-key-made" role="status" data-testid={`${what}-made`}>
      <p>{children}</p>
      <code className="wb-key-text" data-testid={`${what}-text`}>
        {text}
      </code>
      <div className="wb-inline">
        <button type="button" className="wb-key-button" onClick={copy}>
          <Icon size={16} strokeWidth={1.75} aria-hidden="true" />
          {copied ? "Copied" : "Copy"}
        </button>
        <button type="button" className="wb-key-button" onClick={onDone}>
          Done
        </button>
      </div>
    </div>
  );
}
