/* Who is let in, and who is not. */
#include "test_board.h"

#include "awt/auth.h"

static const uint8_t key[AW_SIPHASH_KEY_BYTES] = "sixteen byte key";
static const uint8_t other_key[AW_SIPHASH_KEY_BYTES] = "sixteen byte kez";
static const uint8_t nonce[AWP_NONCE_BYTES] = {1, 2, 3};

static struct awp_reply reply;

static bool admits(struct awt_auth *auth, enum awp_request_kind kind)
{
    const struct awp_request request = {.seq = 7, .kind = kind};
    memset(&reply, 0xa5, sizeof reply);
    return awt_auth_admit(auth, &request, &reply);
}

/* Answers the present challenge with `with`. */
static struct awp_request proof(const struct awt_auth *auth, const uint8_t *with)
{
    struct awp_hello_reply hello = {0};
    awt_auth_tell(auth, &hello);
    assert_true(hello.key_wanted);
    struct awp_request request = {.seq = 9, .kind = AWP_AUTH};
    memcpy(request.auth.nonce, nonce, sizeof nonce);
    request.auth.mac = awp_auth_mac(with, AWP_FROM_HOST, hello.challenge, nonce);
    return request;
}

static void test_without_a_key_everybody_may(void **state)
{
    (void)state;
    test_board_init();
    struct awt_auth auth;
    awt_auth_init(&auth, NULL);
    for (uint32_t kind = AWP_HELLO; kind <= AWP_RESET; kind++)
        assert_true(admits(&auth, (enum awp_request_kind)kind));
    struct awp_hello_reply hello = {0};
    awt_auth_tell(&auth, &hello);
    assert_false(hello.key_wanted);
    assert_false(admits(&auth, AWP_AUTH));
    assert_int_equal(reply.kind, AWP_ERROR);
    assert_int_equal(reply.error.code, AW_ERR_UNSUPPORTED);
}

static void check_strangers_get_hello_only(struct awt_auth *auth)
{
    assert_true(admits(auth, AWP_HELLO));
    for (uint32_t kind = AWP_LOAD_BEGIN; kind <= AWP_RESET; kind++) {
        assert_false(admits(auth, (enum awp_request_kind)kind));
        assert_int_equal(reply.kind, AWP_ERROR);
        assert_int_equal(reply.seq, 7);
        assert_int_equal(reply.error.code, AW_ERR_STATE);
    }
}

static void test_the_key_opens(void **state)
{
    (void)state;
    test_board_init();
    struct awt_auth auth;
    awt_auth_init(&auth, key);
    check_strangers_get_hello_only(&auth);
    struct awp_request right = proof(&auth, key);
    struct awp_hello_reply hello;
    awt_auth_tell(&auth, &hello);
    for (int again = 0; again < 2; again++) { /* a repeated request is answered alike */
        assert_false(awt_auth_admit(&auth, &right, &reply));
        assert_int_equal(reply.kind, AWP_AUTH_DONE);
        assert_int_equal(reply.seq, 9);
        assert_true(reply.auth_done.mac ==
                    awp_auth_mac(key, AWP_FROM_BOARD, hello.challenge, nonce));
        for (uint32_t kind = AWP_HELLO; kind <= AWP_RESET; kind++)
            assert_true(admits(&auth, (enum awp_request_kind)kind));
    }
    awt_auth_forget(&auth); /* the next connection begins as a stranger */
    check_strangers_get_hello_only(&auth);
    assert_false(awt_auth_admit(&auth, &right, &reply)); /* what was recorded opens nothing */
    assert_int_equal(reply.kind, AWP_ERROR);
    check_strangers_get_hello_only(&auth);
}

static void test_a_wrong_key_does_not(void **state)
{
    (void)state;
    test_board_init();
    struct awt_auth auth;
    awt_auth_init(&auth, key);
    for (int i = 0; i < 4; i++) {
        struct awp_hello_reply before = {0}, after = {0};
        awt_auth_tell(&auth, &before);
        struct awp_request wrong = proof(&auth, other_key), right = proof(&auth, key);
        assert_false(awt_auth_admit(&auth, &wrong, &reply));
        assert_int_equal(reply.kind, AWP_ERROR);
        assert_int_equal(reply.error.code, AW_ERR_STATE);
        awt_auth_tell(&auth, &after); /* one guess a challenge */
        assert_memory_not_equal(before.challenge, after.challenge, sizeof before.challenge);
        assert_false(awt_auth_admit(&auth, &right, &reply));
        assert_int_equal(reply.kind, AWP_ERROR);
        check_strangers_get_hello_only(&auth);
    }
    struct awp_request board_side = proof(&auth, key); /* a board's answer is no host's */
    struct awp_hello_reply hello;
    awt_auth_tell(&auth, &hello);
    board_side.auth.mac = awp_auth_mac(key, AWP_FROM_BOARD, hello.challenge, nonce);
    assert_false(awt_auth_admit(&auth, &board_side, &reply));
    assert_int_equal(reply.kind, AWP_ERROR);
}

static void test_challenges_do_not_repeat(void **state)
{
    (void)state;
    test_board_init();
    struct awt_auth auth;
    static uint8_t seen[1000][AWP_NONCE_BYTES];
    awt_auth_init(&auth, key);
    for (size_t i = 0; i < 1000; i++) {
        awt_auth_forget(&auth);
        board.now_ticks = 0; /* the clock may stand still */
        memcpy(seen[i], auth.challenge, sizeof seen[i]);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(seen[i], seen[j], sizeof seen[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_a_key_everybody_may),
        cmocka_unit_test(test_the_key_opens),
        cmocka_unit_test(test_a_wrong_key_does_not),
        cmocka_unit_test(test_challenges_do_not_repeat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
