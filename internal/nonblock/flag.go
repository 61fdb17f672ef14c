// Package nonblock opens files without waiting for another program.
package nonblock
