/** Both look at the same graph; in one file it is explored once for each mutant, which takes longest. */
import '../walk/totality.test.js';
import '../walk/machine.test.js';
