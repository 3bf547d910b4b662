"""The world behind ports. An adapter imports no other adapter."""
