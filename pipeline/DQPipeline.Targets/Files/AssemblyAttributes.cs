using System.Runtime.CompilerServices;

// Native calls of this assembly take only numbers and pointers, so that they are compiled ahead of time.
[assembly: DisableRuntimeMarshalling]
