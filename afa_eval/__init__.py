"""Evaluate school programmes for children with SEND, and publish the answer as a book."""

