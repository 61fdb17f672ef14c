// Package nonblock has the flag that opens a file without waiting.
package nonblock
