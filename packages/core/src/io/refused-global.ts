import { FileFormatError } from "../errors";
import { shownName } from "./host-tensor";

/** Modules of Python's own with functions that hostile pickles call. */
const MODULES =
  "os posix nt sys io _io subprocess commands builtins importlib runpy pickle _pickle cPickle shelve copyreg types code " +
  "codeop marshal ctypes _ctypes functools _functools operator _operator itertools inspect gc weakref threading " +
  "multiprocessing socket _socket ssl urllib urllib2 http ftplib smtplib webbrowser shutil tempfile glob pty platform " +
  "signal pdb bdb cProfile profile timeit trace doctest pkgutil pip setuptools distutils site zipimport asyncio " +
  "concurrent logging nturl2path uuid getpass atexit linecache ast";
const RUNS_CODE = new RegExp(
  `^(${MODULES.replaceAll(" ", "|")}|torch\\.(hub|package|jit|load|serialization|multiprocessing|utils|ops)|numpy\\.(testing|f2py|load))(\\.|$)`,
);

/** What to say of a name that isn't allowed; the first that fits. */
const REASONS: readonly (readonly [names: RegExp, fix: string])[] = [
  [RUNS_CODE, "It wants to run code: don't load it elsewhere either"],
  [
    /^torch\..*(qtensor|QU?Int\w+Storage|sparse|Complex\w*Storage|float8|complex\d|quint|qint|nested|_meta_|wrapper_subclass)/,
    "Quantized, sparse, complex and other special tensors aren't read: save dense ones (.dequantize(), .to_dense())",
  ],
  [/^__torch__(\.|$)/, "It is a TorchScript archive: save model.state_dict() with torch.save instead"],
];
const WHOLE_OBJECT =
  "It holds Python objects, not only weights: where you trust it, load it in Python and save model.state_dict()";

/** The error for a class or function outside the allow-list, by its dotted name. */
export function refusedGlobal(name: string, where: string): FileFormatError {
  const got = /^[\w.<>]{1,100}$/.test(name) ? name : shownName(name);
  const fix = REASONS.find(([names]) => names.test(name))?.[1] ?? WHOLE_OBJECT;
  return new FileFormatError(where, { rule: "the pickle must only build tensors and plain containers", got, fix });
}
