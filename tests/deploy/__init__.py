"""The deployment: the files say what they should, and the processes they describe work together."""
