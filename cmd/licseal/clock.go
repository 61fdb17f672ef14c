package main

import "time"

// now is the clock of the machine, for everything that a command judges or dates by it.
// Only the tests set it; a released program has no way to do so.
var now = time.Now
