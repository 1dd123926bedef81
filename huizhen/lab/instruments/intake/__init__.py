"""The intake process: keeps what instruments send, then says so. Talks are pure; lines have sockets; the desk stores."""
