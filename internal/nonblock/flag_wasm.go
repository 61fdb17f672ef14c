package nonblock

// Flag is for [os.OpenFile]. Without it, opening a named pipe for reading waits
// until a program opens it for writing. It is 0 on systems without named pipes.
const Flag = 0
