"""Agreement, reliability, bias and consensus: figures of votes, each with its uncertainty."""
